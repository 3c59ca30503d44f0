# SPDX-License-Identifier: Apache-2.0
"""A page at ``/`` with the latest totals for who has a token. It loads nothing from elsewhere."""

import base64
import hashlib

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;
color:#222;background:#fff}
table{border-collapse:collapse;width:100%;margin-top:1rem}
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}
td:nth-child(n+5),th:nth-child(n+5){text-align:right;font-variant-numeric:tabular-nums}
input{font:inherit;width:16rem;max-width:100%}button{font:inherit}
.hidden-value{color:#767676}
@media(prefers-color-scheme:dark){body{color:#eee;background:#181818}
td,th{border-color:#444}.hidden-value{color:#999}}
"""

_SCRIPT = """
const form = document.querySelector("form"), body = document.querySelector("tbody");
const note = document.querySelector("#note");
let timer = 0;
function cell(row, text, kind) {
  const item = row.insertCell();
  item.textContent = text;
  if (kind) item.className = kind;
}
async function show(token, site) {
  const only = site ? "&site=" + encodeURIComponent(site) : "";
  const answer = await fetch("v1/totals?newest_first=true&limit=100" + only,
    {headers: {Authorization: "Bearer " + token}});
  const content = await answer.json();
  if (!answer.ok) { note.textContent = content.message; clearInterval(timer); return; }
  note.textContent = content.totals.length ? "" : "No totals yet.";
  body.replaceChildren();
  for (const total of content.totals) {
    const row = body.insertRow(), shown = total.status === "published";
    cell(row, new Date(total.window_start).toLocaleString());
    cell(row, total.site);
    cell(row, total.camera);
    cell(row, total.zone);
    cell(row, shown ? total.occupancy : total.reason.replace("_", " "),
      shown ? "" : "hidden-value");
    cell(row, shown ? total.occupancy_low + " to " + total.occupancy_high : "");
  }
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const token = form.token.value.trim(), site = form.site.value.trim();
  clearInterval(timer);
  timer = setInterval(() => show(token, site), 10000);
  show(token, site);
});
"""

_PAGE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>privcv collector</title>
<meta name="viewport" content="width=device-width">
<style>{_STYLE}</style></head><body>
<h1>Latest totals</h1>
<form><label>Access token <input name="token" type="password" autocomplete="off" required></label>
<label>Site <input name="site" placeholder="every site"></label>
<button>Show</button></form>
<p id="note" role="status"></p>
<table><thead><tr><th>From</th><th>Site</th><th>Camera</th><th>Zone</th><th>People</th>
<th>Interval</th></tr></thead><tbody></tbody></table>
<p>People are noisy counts: the interval says how far to trust them.</p>
<script>{_SCRIPT}</script></body></html>
"""


def add_totals_page(app: FastAPI) -> None:
    """Serve the page; it is not part of the API."""
    headers = security_headers(
        style=_STYLE, script=f"script-src {_source(_SCRIPT)}; connect-src 'self'; "
    )

    @app.get("/", include_in_schema=False)
    async def page() -> HTMLResponse:
        return HTMLResponse(_PAGE, headers=headers)


def security_headers(style: str, script: str = "") -> dict[str, str]:
    """Headers of a page that may use its own ``style`` and what ``script`` allows, no other."""
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; {script}style-src {_source(style)}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


def _source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
