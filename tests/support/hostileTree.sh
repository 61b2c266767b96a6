#!/usr/bin/env bash
# Makes files and links that a pod may leave in a folder of its host, so that their removal would delete something else.
# Arguments: FOLDER OUTSIDE (a folder that isn't any pod's, with a file `passwd`)
set -euo pipefail
folder=$1 outside=$2

# shellcheck disable=SC1003,SC2016 # the quotes and backslashes are part of the names
names=($'two\nlines' 'two words' ' space around ' "it's" '"quoted"' -rf '*' '[a]?' 'a]b' '$(touch x)`id`'
  'back\slash\n' '\' $'new line at its end\n' $'no UTF-8 \xff\xfe\n\x80')
mkdir -p "$folder"
for name in "${names[@]}"; do
  mkdir "$folder/$name"
  : >"$folder/$name/$name"
done
# A name with a newline, whose lines look like a folder of the pod and a file of somebody else.
mkdir -p "$folder/x"$'\n'"$outside"
: >"$folder/x"$'\n'"$outside/passwd"
ln -s "$outside" "$folder/link to a folder"
ln -s "$outside/passwd" "$folder/link to a file"
ln -s /nowhere "$folder/link to nothing"
