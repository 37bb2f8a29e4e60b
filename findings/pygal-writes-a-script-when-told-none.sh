#!/usr/bin/env bash
# pygal 3.1.3 (importlib-metadata 10.2.0), leather 0.4.1.
# Surprise: a chart made with js=[] and css=[], which its configuration describes as the scripts and style sheets that it
# includes, still holds one <script> with the chart's whole configuration and one <style> with its fonts. A page whose
# Content-Security-Policy allows no inline code reports each picture, and a picture served by itself brings code along.
# leather draws the same bars of attributes alone.
# Prints what was seen; exits 1 when it no longer happens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check --no-deps pygal==3.1.3 importlib-metadata==10.2.0 \
    lazy-importer==0.1.0 zipp==4.1.2 leather==0.4.1 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import leather
import pygal

chart = pygal.Bar(css=[], js=[], disable_xml_declaration=True)
chart.x_labels = ["janvier", "février"]
chart.add("appels", [3, 5])
other = leather.Chart("appels")
other.add_bars([(3, "janvier"), (5, "février")])
counts = {}
for name, svg in (("pygal", chart.render()), ("leather", other.to_svg())):
    counts[name] = [svg.count(part) for part in ("<script", "<style", " style=")]
    print(f"{name}: <script {counts[name][0]}, <style {counts[name][1]}, style= {counts[name][2]}, {len(svg)} characters")
sys.exit(not (counts["pygal"][:2] == [1, 1] and counts["leather"] == [0, 0, 0]))
PYTHON
echo "as seen: a picture that was to have no script and no style has one of each"
