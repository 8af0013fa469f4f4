#!/bin/sh
# macOS opens this file in a terminal window when it is double-clicked.
exec "$(dirname "$0")/Melodyvae Studio.sh" "$@"
