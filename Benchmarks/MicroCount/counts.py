"""Has callgrind count the instructions of each piece, and compares the counts with those of another time.

    counts.py all|count|baseline|compare|profile MICRO_COUNT BASELINE [NAME…]

The process runs on a processor of valgrind's own with addresses and hash seeds that stay the same, so the counts of one
build differ by less than one in a thousand, on any machine and beside whatever else it does.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# What a piece may take more of than in the baseline.
TOLERANCE = 0.05


def run(program, directory, names):
    """The pieces that were measured: their names, with the dump and the instructions for each message."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/out", program, *names]
    environment = {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{done.stderr}\nbin/microbench: what was to be counted ended with {done.returncode}")
    pieces = {}
    for path in sorted(pathlib.Path(directory).glob("out.*"), key=lambda path: int(path.suffix[1:])):
        text = path.read_text(errors="replace")
        # The last dump, at the end of the process, has no name.
        if named := re.search(r"^desc: Trigger: Client Request: (\d+) (.*)$", text, re.MULTILINE):
            total = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
            pieces[named[2]] = (path, int(total[1]) / int(named[1]))
    if not pieces or set(names) - set(pieces):
        sys.exit(f"bin/microbench: there is no such piece: {', '.join(set(names) - set(pieces)) or '(none at all)'}")
    return pieces


def show_functions(dump, most=50):
    """Prints where the instructions of a piece are spent, by the functions that they stand in."""
    annotate = ["callgrind_annotate", "--threshold=100", str(dump)]
    text = subprocess.run(annotate, stdout=subprocess.PIPE, text=True, check=True).stdout
    # Those that were entered before the counting began are said to have spent all of it.
    lines = [line for line in text.splitlines() if re.match(r" *[\d,]+ \( ?\d+\.\d+%\)  ", line)]
    lines = [re.sub(r" \[.*?\]$", "", line) for line in lines if "(100.0%)" not in line][:most]
    subprocess.run(["swift", "demangle", "--simplified"], input="\n".join(lines) + "\n", text=True, check=True)


def table(counts, before):
    """Prints the counts; the names of those that are worse than before."""
    worse = []
    width = max(map(len, counts))
    print(f"\n{'instructions for one':{width}} {'now':>10}" + (f" {'before':>10} {'change':>8}" if before else ""))
    for name, count in counts.items():
        line = f"{name:{width}} {count:10,.0f}"
        if name in before:
            change = count / before[name] - 1
            line += f" {before[name]:10,.0f} {change:+8.1%}"
            if change > TOLERANCE:
                worse.append(name)
                line += "  WORSE"
        print(line)
    return worse


def main():
    task, program, baseline, *names = sys.argv[1:]
    baseline = pathlib.Path(baseline)
    if task == "profile" and len(names) != 1:
        sys.exit(__doc__)
    if task == "compare" and not baseline.exists():
        sys.exit("bin/microbench: there is nothing to compare with: `bin/microbench baseline` makes it")
    with tempfile.TemporaryDirectory(prefix="gittix-micro-") as directory:
        pieces = run(program, directory, names if task in ("count", "profile") else [])
        counts = {name: count for name, (_, count) in pieces.items()}
        if task == "profile":
            show_functions(pieces[names[0]][0])
            return
    worse = table(counts, json.loads(baseline.read_text()) if task == "compare" else {})
    if task == "baseline":
        baseline.write_text(json.dumps(counts, indent=2) + "\n")
        print(f"\nkept in {baseline}")
    if worse:
        sys.exit(f"\n{len(worse)} of {len(counts)} take more than {TOLERANCE:.0%} more than before: {', '.join(worse)}")


main()
