#!/usr/bin/env bash
# Lays an arm64 Python with LiteRT into build/arm64, for tests/test_arm64.py: Debian's packages, unpacked,
# wheels of the versions in demo/requirements.txt, and Debian's emulator. Nothing of it is run here.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=build/arm64
[ -e $place/installed ] && exit 0

give_up() {
    echo "No arm64 Python ($1): the test on ARM will skip."
    exit 0
}
[ -f /etc/debian_version ] || give_up "this is not Debian"
if ! command -v qemu-aarch64 > /dev/null; then
    [ "$(id -u)" = 0 ] && sudo= || sudo=$(command -v sudo) || give_up "no right to install qemu-user"
    $sudo apt-get update -qq || true
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y qemu-user > /dev/null || give_up "no qemu-user"
fi

rm -rf $place
mkdir -p $place/{lists/partial,packages,wheels,root/proc,site}
options="-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::status=/dev/null"
options="$options -o Dir::State::Lists=$PWD/$place/lists -o APT::Sandbox::User=root"
apt-get -qq $options update || give_up "apt-get has no arm64"
version=$(apt-cache $options depends python3 | sed -n 's/.*Depends: python\(3\.[0-9]*\)$/\1/p' | head -1)
(cd $place/packages && apt-get -qq $options download libc6 libgcc-s1 libstdc++6 libexpat1 zlib1g libssl3 libffi8 \
    libbz2-1.0 liblzma5 libsqlite3-0 "libpython$version-minimal" "libpython$version-stdlib" "python$version-minimal") ||
    give_up "apt-get has no Python $version for it"
for package in $place/packages/*.deb; do dpkg -x "$package" $place/root; done

platforms=$(for glibc in 17 27 28; do printf -- '--platform manylinux_2_%s_aarch64 ' $glibc; done)
grep -E '^(ai-edge-litert|numpy|flatbuffers)==' demo/requirements.txt | sed 's/[ ;#].*//' > $place/requirements.txt
.venv/bin/python -m pip download --quiet --no-deps --only-binary=:all: --implementation cp --python-version "$version" \
    --platform manylinux2014_aarch64 $platforms --dest $place/wheels --requirement $place/requirements.txt ||
    give_up "no wheels for Python $version"
for wheel in $place/wheels/*.whl; do .venv/bin/python -m zipfile -e "$wheel" $place/site; done

# XNNPACK asks /proc/cpuinfo which processor this is, and the emulator lets the machine's own answer.
for core in 0 1; do
    printf 'processor\t: %s\n' $core
    printf 'Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp\n'
    printf 'CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0b\nCPU revision\t: 1\n\n'
done > $place/root/proc/cpuinfo
echo "python$version" > $place/installed
