#!/usr/bin/env bash
# Installs what scripts/packages.txt lists and this machine lacks (Debian, Ubuntu and their kin).
# Exit status: 0 everything is there, 3 it could not be installed (the text says what to do).
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
list="$here/packages.txt"

if [[ -n "${SEPAL_SKIP_PACKAGES:-}" ]]; then
  echo "packages: not checked (SEPAL_SKIP_PACKAGES is set)"
  exit 0
fi

mapfile -t wanted < <(awk '!/^#/ && NF { print $1 }' "$list")

# give_up REASON: what a person has to do instead.
give_up() {
  {
    echo "Cannot install packages: $1"
    echo "Please install these (the reason for each stands in scripts/packages.txt):"
    echo "  ${missing[*]}"
    echo "On Debian or Ubuntu: apt-get install ${missing[*]}"
    echo "If you have them from elsewhere, set SEPAL_SKIP_PACKAGES=1 and run this again."
  } >&2
  exit 3
}

if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
  missing=("${wanted[@]}")
  give_up "this system has no apt-get and dpkg."
fi

# The package system is asked, not the PATH: a cmake from elsewhere says nothing about the rest.
missing=()
for package in "${wanted[@]}"; do
  status="$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2> /dev/null || true)"
  [[ "$status" == installed* ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  echo "packages: all ${#wanted[@]} are installed"
  exit 0
fi

echo "packages: ${#missing[@]} of ${#wanted[@]} are missing and will be installed: ${missing[*]}"
as_root=()
if ((EUID != 0)); then
  command -v sudo > /dev/null || give_up "you are not root, and there is no sudo."
  as_root=(sudo)
  # Without a terminal nobody can type a password, so sudo must not wait for one.
  [[ -t 0 ]] || as_root=(sudo --non-interactive)
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 --quiet=2)

# A broken list of some other source need not stop us: the install tells whether it matters.
"${apt[@]}" update < /dev/null || echo "packages: 'apt-get update' failed; trying with the lists at hand" >&2
"${apt[@]}" install --yes --no-install-recommends "${missing[@]}" < /dev/null > /dev/null ||
  give_up "'apt-get install' failed (see above). Is there a network, and are you allowed to?"
echo "packages: installed"
