// A feed on standard input → what Podcast Index's own parser makes of it, as the last line.
import { readFileSync } from "node:fs";
import partytime from "podcast-partytime";

const feed = partytime.parseFeed(readFileSync(0, "utf-8"));
process.stdout.write("\n" + JSON.stringify(feed));
