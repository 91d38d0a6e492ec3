#!/usr/bin/env bash
# Makes both apps ready to hand in: target/apps/undertone-zendesk.zip and undertone-freshdesk.zip.
#
#   apps/package.sh undertone.yourcompany.com
#
# The argument is the host Undertone answers on: Zendesk's proxy sends the token only to hosts that the app's manifest
# lists. The same files give the same bytes (fixed order and times, stored and not compressed). OUT changes the folder.
set -euo pipefail
cd "$(dirname "$0")"
python3 - "${OUT:-../target/apps}" "${1:-}" <<'PYTHON'
import re, shutil, sys, zipfile
from pathlib import Path

out, host = Path(sys.argv[1]), sys.argv[2]
placeholder = "undertone.example.com"
if host and not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", host):
    sys.exit(f"package.sh: {host!r} is not a host name; give it without https:// and without a path")
# Where each app keeps the files that both have.
apps = {
    "zendesk": {"panel.js": "assets", "service.js": "assets", "panel.css": "assets"},
    "freshdesk": {"panel.js": "app/scripts", "service.js": "app/scripts", "panel.css": "app/styles"},
}
for app, shared in apps.items():
    folder = out / app
    shutil.rmtree(folder, ignore_errors=True)
    # The page of help is for people, not for the helpdesk.
    shutil.copytree(app, folder, ignore=shutil.ignore_patterns("HELP.md"))
    for name, place in shared.items():
        shutil.copyfile(Path("shared") / name, folder / place / name)
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace(placeholder, host or placeholder))
    archive = out / f"undertone-{app}.zip"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (2026, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, path.read_bytes())
    size = sum(path.stat().st_size for path in files)
    print(f"{archive.resolve()}: {len(files)} files, {size} bytes")
if not host:
    print(f"No host was given: the Zendesk app may only ask {placeholder}.", file=sys.stderr)
PYTHON
