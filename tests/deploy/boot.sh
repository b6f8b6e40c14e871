# Boot a systemd of its own: sh boot.sh SCRATCH SOURCE PYTHON PACKAGES
#
# Runs in namespaces of its own (tests/deploy/machine.py). Its root is this machine's, read through
# an overlay: what it changes is in memory and goes with it. Kernel and devices are out of its reach.
set -e
scratch=$1 source=$2 python=$3 packages=$4
mount --make-rprivate /
mount -t tmpfs tmpfs "$scratch"
mkdir "$scratch/changed" "$scratch/work" "$scratch/root"
root=$scratch/root
mount -t overlay overlay \
  -o "lowerdir=/,upperdir=$scratch/changed,workdir=$scratch/work" "$root"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for folder in dev run; do mount -t tmpfs -o mode=755 tmpfs "$root/$folder"; done
mount -t tmpfs tmpfs "$root/tmp"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"

# Nothing of what this machine starts by itself.
rm -rf "$root"/etc/systemd/system/*.wants
for unit in systemd-modules-load systemd-udevd systemd-sysctl systemd-networkd; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
done

# The program as pip would have laid it there, with the Python that runs the tests: its own folder
# may be in somebody's home, which the units do not see.
place=$root/opt/podcast-server
rm -rf "$place" "$root/var/lib/podcast-server" "$root/etc/podcast-server"
version=$(basename "$(dirname "$packages")")
installed=.venv/lib/$version/site-packages
mkdir -p "$place/source" "$place/python" "$place/.venv/bin" "$place/$installed"
mount --bind "$source" "$place/source"
mount --bind "$python" "$place/python"
mount --bind "$packages" "$place/$installed"
for folder in source python "$installed"; do mount -o remount,bind,ro "$place/$folder"; done
echo "home = /opt/podcast-server/python/bin" >"$place/.venv/pyvenv.cfg"
ln -s "../../python/bin/$version" "$place/.venv/bin/python"
echo /opt/podcast-server/python/lib >"$root/etc/ld.so.conf.d/00-tests.conf"
chroot "$root" ldconfig
cat >"$place/.venv/bin/podcast-server" <<'PROGRAM'
#!/bin/sh
export PYTHONPATH=/opt/podcast-server/source PYTHONSAFEPATH=1
exec /opt/podcast-server/.venv/bin/python -m podcast_server "$@"
PROGRAM
chmod 755 "$place/.venv/bin/podcast-server"

exec setpriv --bounding-set=-sys_module,-sys_rawio,-sys_time,-sys_boot,-syslog \
  chroot "$root" env -i container=test PATH=/usr/bin:/bin:/usr/sbin:/sbin \
  /lib/systemd/systemd --system --unit=basic.target --log-target=journal --show-status=no
