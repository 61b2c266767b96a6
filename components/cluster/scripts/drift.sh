#!/usr/bin/env bash
# Prints how the host has drifted since its steps ran: a line for each difference, with the step that repairs it. Changes nothing,
# and takes no lock.
# Inputs: STEPS (prepare …)

for applied_by in $STEPS; do
  manifest=$RECORD/applied/$applied_by
  if [[ ! -f $manifest ]]; then
    echo "$applied_by $manifest is gone, so there is nothing to compare with"
    continue
  fi
  while read -r kind name was; do
    is=$(observed "$kind" "$name")
    if [[ $is == "$was" ]]; then continue; fi
    how="is ${is:-missing}, was ${was:-none}"
    if [[ $kind == file ]]; then [[ -n $is ]] && how="was edited" || how="is missing"; fi
    echo "$applied_by $kind $name $how"
  done <"$manifest"
done
