"""Counts the instructions of each microbenchmark with callgrind, and compares the counts with a baseline.

    counts.py all|count|baseline|compare|profile MICRO_COUNT BASELINE [NAME…]

The process runs on valgrind's simulated processor, with the same addresses and hash seeds each time. So the counts of
one build differ by less than one in a thousand, on any machine and under any load.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# Largest increase over the baseline that passes.
TOLERANCE = 0.05


def run(program, directory, names):
    """Runs microbenchmarks. Returns the dump and the instructions per unit of each, by name."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/out", program, *names]
    environment = {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}
    process = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    if process.returncode != 0:
        sys.exit(f"{process.stderr}\nbin/microbench: the microbenchmarks exited with {process.returncode}")
    results = {}
    for path in sorted(pathlib.Path(directory).glob("out.*"), key=lambda path: int(path.suffix[1:])):
        text = path.read_text(errors="replace")
        # The last dump, at the end of the process, has no name.
        if named := re.search(r"^desc: Trigger: Client Request: (\d+) (.*)$", text, re.MULTILINE):
            total = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
            results[named[2]] = (path, int(total[1]) / int(named[1]))
    if not results:
        sys.exit("bin/microbench: callgrind counted nothing")
    if unknown := set(names) - set(results):
        sys.exit(f"bin/microbench: there is no microbenchmark {', '.join(sorted(unknown))}")
    return results


def show_functions(dump, limit=50):
    """Prints the functions in which the instructions are spent."""
    annotate = ["callgrind_annotate", "--threshold=100", str(dump)]
    text = subprocess.run(annotate, stdout=subprocess.PIPE, text=True, check=True).stdout
    # Leave out the functions that were entered before counting began: the report gives them all instructions.
    lines = [line for line in text.splitlines() if re.match(r" *[\d,]+ \( ?\d+\.\d+%\)  ", line)]
    lines = [re.sub(r" \[.*?\]$", "", line) for line in lines if "(100.0%)" not in line][:limit]
    subprocess.run(["swift", "demangle", "--simplified"], input="\n".join(lines) + "\n", text=True, check=True)


def print_table(counts, before):
    """Prints the counts, and returns the names of those that increased by more than the tolerance."""
    worse = []
    width = max(map(len, counts))
    print(f"\n{'instructions per unit':{width}} {'now':>10}" + (f" {'before':>10} {'change':>8}" if before else ""))
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
        sys.exit("bin/microbench: there is no baseline; make one with `bin/microbench baseline`")
    with tempfile.TemporaryDirectory(prefix="gittix-micro-") as directory:
        results = run(program, directory, names if task in ("count", "profile") else [])
        counts = {name: count for name, (_, count) in results.items()}
        if task == "profile":
            show_functions(results[names[0]][0])
            return
    worse = print_table(counts, json.loads(baseline.read_text()) if task == "compare" else {})
    if task == "baseline":
        baseline.write_text(json.dumps(counts, indent=2) + "\n")
        print(f"\nwritten to {baseline}")
    if worse:
        sys.exit(f"\n{len(worse)} of {len(counts)} increased by more than {TOLERANCE:.0%}: {', '.join(worse)}")


main()
