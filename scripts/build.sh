# shellcheck shell=bash
# Shared by ./run and ./test (sourced): where things are, how to configure and build.

unset CDPATH
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# Ctrl-C and a polite kill end the script with the customary status once the running program has ended.
trap 'exit 130' INT
trap 'exit 143' TERM

# stop STATUS TEXT…
stop() {
  local status=$1
  shift
  echo "$*" >&2
  exit "$status"
}

# The first cmake of 3.25 or newer: one from elsewhere may stand before the system's on the PATH.
find_cmake() {
  local candidate version
  for candidate in "$(command -v cmake || true)" /usr/bin/cmake; do
    [[ -x "$candidate" ]] || continue
    version="$("$candidate" --version 2> /dev/null | sed -n '1s/[^0-9]*\([0-9.]*\).*/\1/p')"
    if printf '%s\n' 3.25 "$version" | sort --version-sort --check=quiet; then
      echo "$candidate"
      return
    fi
  done
  stop 3 "No cmake of version 3.25 or newer was found."
}

# Installs what is missing and chooses the cmake for all that follows.
prepare() {
  "$root/scripts/install_packages.sh"
  cmake="$(find_cmake)"
}

# configure PRESET OPTION…: into build/PRESET; the output goes to a file and is shown when it fails.
configure() {
  local preset=$1 folder="$root/build/$1" log cache_of
  shift
  mkdir -p "$folder"
  # A build folder that came along with a copied project names the old place, and cmake would refuse it.
  cache_of="$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt" 2> /dev/null || true)"
  if [[ -n "$cache_of" && "$cache_of" != "$root" ]]; then rm -rf "$folder" && mkdir -p "$folder"; fi
  if command -v ccache > /dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
  log="$folder/configure.log"
  if ! (cd "$root" && "$cmake" --preset "$preset" "$@") > "$log" 2>&1; then
    cat "$log" >&2
    stop 1 "Configuring failed (preset $preset)."
  fi
}

# build PRESET TARGET…: one moving line on a terminal; in a file only what is worth reading.
build() {
  local preset=$1 quiet=()
  shift
  [[ -t 1 ]] || quiet=(-- --quiet)
  NINJA_STATUS='[%f/%t] ' "$cmake" --build "$root/build/$preset" --target "$@" "${quiet[@]}" ||
    stop 1 "Building failed (preset $preset, targets: $*)."
}
