#!/usr/bin/env bash
# The commands of the README, on synthetic radiographs, in the folder ./demo.
set -euo pipefail
mkdir -p demo && cd demo
started=$(date +%s)

xray-train --config chestxray.yaml
xray-eval --split val
xray-eval --report
# Radiographs of other patients arrive: another seed, so nothing of them was seen in training.
xray-prep --config chestxray.yaml --data.phantom.count 24 --data.phantom.seed 1 --data.cache datasets/incoming
run=$(ls -dt runs/* | head -1)
xray-predict datasets/incoming-source/images --model "$run" --output predictions --formats csv json parquet --overlay

echo
echo "report       $PWD/$(ls -t "$run"/eval/*/report.html | head -1)"
echo "overlays     $PWD/predictions/overlays"
echo "predictions  $PWD/predictions/predictions.csv"
echo "seconds      $(($(date +%s) - started))"
