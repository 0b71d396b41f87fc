"""Rows of measurements as Markdown, as a chart and as JSON."""

import html
import json
import math
import os
import platform
import time


def number(x):
    if x >= 1000:
        return f"{x:,.0f}"
    return f"{x:.3g}"


def machine():
    model = platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), model)
    with open("/proc/meminfo", encoding="ascii") as f:
        memory = int(f.readline().split()[1]) / 1048576
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}"


def ratios(row):
    """How many times faster Tern is, and how many times less it needs."""
    tern, other = row["servers"].get("Tern"), row["servers"].get("Dovecot")
    if not tern or not other:
        return None, None
    if "value" in tern:
        return None, other["value"] / tern["value"] if tern["value"] else None
    return tern["rate"] / other["rate"], other["cpu_us"] / tern["cpu_us"] if tern["cpu_us"] > 0 else None


def line(row):
    parts = [row["name"] + ":"]
    for name, m in row["servers"].items():
        if "value" in m:
            parts.append(f"{name} {number(m['value'])} {row['unit']}")
        else:
            parts.append(f"{name} {number(m['rate'])}{row['unit'] if row['unit'] == '/s' else ' ' + row['unit']}, p50 {number(m['p50'])} ms, "
                         f"CPU {number(m['cpu_us'])} us;")
    faster, less = ratios(row)
    parts += [f"{number(faster)} x faster"] if faster else []
    parts += [f"{number(less)} x less"] if less else []
    return " ".join(parts)


def pair(row, key):
    return " / ".join(number(m[key]) if key in m else "" for m in row["servers"].values())


def markdown(rows, head, both):
    names = " / ".join(rows[0]["servers"])
    out = [head, "", f"Two figures in a cell: {names}." if both else "Tern alone: Dovecot was not there.", ""]
    out += ["| workload | operations/s | x faster | p50 ms | p95 ms | p99 ms | server CPU us/op | x less CPU | PSS MB |",
            "|---|---|---|---|---|---|---|---|---|"]
    for row in (r for r in rows if "value" not in r["servers"]["Tern"]):
        faster, less = ratios(row)
        what = row["name"] + (" (messages)" if row["unit"] != "/s" else "")
        cells = [what, pair(row, "rate"), number(faster) if faster else "", pair(row, "p50"), pair(row, "p95"), pair(row, "p99"),
                 pair(row, "cpu_us"), number(less) if less else "", pair(row, "pss_mb")]
        out.append("| " + " | ".join(cells) + " |")
    out += ["", "| | " + names + " | x less |", "|---|---|---|"]
    for row in (r for r in rows if "value" in r["servers"]["Tern"]):
        less = ratios(row)[1]
        out.append(f"| {row['name']} | {pair(row, 'value')} {row['unit']} | {number(less) if less else ''} |")
    return "\n".join(out) + "\n"


def chart(rows, head):
    """Bars on a logarithmic scale: right of the line Tern is better, left of it Dovecot."""
    found = [(r["name"], *ratios(r)) for r in rows if any(ratios(r))]
    left, width, step, top = 330, 520, 26, 70
    low, high = 0.2, 300
    height = top + step * len(found) + 30

    def x(value):
        value = min(max(value, low), high)
        return left + width * (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 60}" height="{height}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="#ffffff"/>',
           '<text x="12" y="22" font-size="15" font-weight="bold">Tern beside Dovecot: how many times better</text>',
           '<rect x="12" y="33" width="12" height="9" fill="#1f6f8b"/><text x="29" y="42">operations per second</text>',
           '<rect x="182" y="33" width="12" height="9" fill="#e0a030"/><text x="199" y="42">less server CPU (or memory, time) for one</text>']
    for tick in (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200):
        out.append(f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{top - 6}" y2="{height - 24}" stroke="{"#333333" if tick == 1 else "#dddddd"}"/>'
                   f'<text x="{x(tick):.1f}" y="{height - 8}" text-anchor="middle">{tick:g}</text>')
    for i, (name, faster, less) in enumerate(found):
        y = top + i * step
        out.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{html.escape(name if len(name) < 52 else name[:50] + "…")}</text>')
        for value, colour, dy in ((faster, "#1f6f8b", 1), (less, "#e0a030", 11)):
            if value:
                a, b = sorted((x(1), x(value)))
                out.append(f'<rect x="{a:.1f}" y="{y + dy}" width="{max(b - a, 1):.1f}" height="9" fill="{colour}">'
                           f'<title>{html.escape(name)}: {number(value)}</title></rect>')
    return "\n".join(out + ["</svg>"]) + "\n"


def write(directory, name, rows, versions, took, other):
    both = len(rows[0]["servers"]) > 1
    head = (f"{versions}. {machine()}. {time.strftime('%Y-%m-%d')}; {took / 60:.0f} minutes. Servers and load share the machine, "
            f"which did other things for {other:.0%} of its time: compare ratios.")
    directory.mkdir(parents=True, exist_ok=True)
    text = markdown(rows, head, both)
    (directory / f"{name}.md").write_text(text + (f"\n![ratios]({name}.svg)\n" if both else ""))
    (directory / f"{name}.json").write_text(json.dumps({"head": head, "rows": rows}, indent=1) + "\n")
    if both:
        (directory / f"{name}.svg").write_text(chart(rows, head))
    print("\n" + text + f"\n{directory / name}.md", flush=True)
