#!/bin/sh
# Installs melodyvae with uv and opens its studio in the browser. Arguments go to melodyvae studio.
folder=$(cd "$(dirname "$0")/.." && pwd)

wait_and_exit() {  # keeps a window open that closes when its program ends
  if [ -t 0 ]; then
    printf 'Press Return to close this window. '
    read -r _
  fi
  exit 1
}

PATH="$PATH:$HOME/.local/bin:$HOME/.cargo/bin"
if ! command -v uv >/dev/null; then
  echo 'melodyvae is installed by uv, which this computer does not have.' >&2
  echo 'Install it as https://docs.astral.sh/uv/ explains, then open this file again.' >&2
  wait_and_exit
fi

program="$(uv tool dir --bin)/melodyvae"
echo 'Installing melodyvae. The first time takes a few minutes ...'
if ! uv tool install --quiet --python 3.13 --reinstall-package melodyvae "$folder[demo,studio]"; then
  if [ ! -x "$program" ]; then
    echo 'melodyvae could not be installed. Check the internet connection, then try again.' >&2
    wait_and_exit
  fi
  echo 'melodyvae could not be updated. Opening the version that is installed.' >&2
fi

mkdir -p "$HOME/Melodyvae" && cd "$HOME/Melodyvae" || wait_and_exit
"$program" studio "$@" || wait_and_exit
