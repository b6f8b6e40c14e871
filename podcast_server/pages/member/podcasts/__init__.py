"""What the member has: shows, memberships, feeds."""
