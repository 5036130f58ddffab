"""The comparison behind scripts/compare-groups: reads labeled error texts, groups them with the tool and with Drain3,
and prints one table by subset and one of the answers on retry."""

import json
import logging
import os
import subprocess
import sys
from collections import Counter, defaultdict

from drain3 import TemplateMiner

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


def unescaped(text):
    parts, rest = [], text
    while "\\" in rest:
        before, rest = rest.split("\\", 1)
        if rest.startswith("x1b"):
            parts += [before, "\x1b"]
            rest = rest[3:]
        else:
            parts += [before, ESCAPES.get(rest[:1], "\\" + rest[:1])]
            rest = rest[1:]
    return "".join(parts) + rest


def read(path):
    """Returns the causes, the texts, and the right answers by cause."""
    causes, texts, answers = [], [], {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            columns = line.rstrip("\n").split("\t", 2)
            if len(columns) == 3 and columns[2].startswith('"'):
                causes.append(columns[0])
                answers[columns[0]] = columns[1]
                texts.append(json.loads(columns[2]))
            else:
                cause, text = line.rstrip("\n").split("\t", 1)
                causes.append(cause)
                texts.append(unescaped(text))
    return causes, texts, answers


def groups_of_tool(texts):
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    run = subprocess.run([os.environ["TOOL"]], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def groups_of_drain(texts):
    logging.disable(logging.CRITICAL)
    miner = TemplateMiner()
    return [miner.add_log_message(text)["cluster_id"] for text in texts]


def score(groups, causes):
    def pairs(items):
        return sum(n * (n - 1) // 2 for n in Counter(items).values())

    both, grouped, labeled = pairs(zip(groups, causes)), pairs(groups), pairs(causes)
    precision, recall = both / max(grouped, 1), both / max(labeled, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    names, parts = defaultdict(set), defaultdict(set)
    for group, cause in zip(groups, causes):
        names[group].add(cause)
        parts[cause].add(group)
    merged = sum(len(causes) > 1 for causes in names.values())
    split = sum(len(groups) > 1 for groups in parts.values())
    return f"{precision:.3f} {recall:.3f} {f1:.3f} {merged:>7} {split:>6}", f1


def main(path, answers_path=None):
    causes, texts, answers = read(path)
    if answers_path:
        with open(answers_path, encoding="utf-8") as lines:
            answers = dict(line.rstrip("\n").split("\t") for line in lines)
    results = groups_of_tool(texts)
    tool = [result["group"] for result in results]
    subsets = {
        "all": range(len(texts)),
        "several lines": [i for i, text in enumerate(texts) if "\n" in text],
        "one line": [i for i, text in enumerate(texts) if "\n" not in text],
    }
    print(f"{'TEXTS':<14} {'NUMBER':>6}  {'GROUPS BY':<9} {'PREC.':>5} {'REC.':>5} {'F1':>5}  MERGED  SPLIT")
    behind = False
    for name, rows in subsets.items():
        labels = [causes[i] for i in rows]
        # Each subset is a run of its own, because Drain3 learns from all texts before.
        drain, drain_f1 = score(groups_of_drain([texts[i] for i in rows]), labels)
        own, own_f1 = score([tool[i] for i in rows], labels)
        print(f"{name:<14} {len(rows):>6}  {'cliplyctl':<9} {own}")
        print(f"{'':<14} {'':>6}  {'Drain3':<9} {drain}")
        behind = behind or own_f1 < drain_f1
    if answers:
        given = defaultdict(set)
        for cause, result in zip(causes, results):
            given[cause].add(result["safe_to_retry"])
        count = Counter()
        for cause, all_given in given.items():
            right = answers[cause].split("|")
            for answer in all_given:
                wrong = "dangerous yes" if answer == "yes" else "wrong"
                count["unknown" if answer == "unknown" else "right" if answer in right else wrong] += 1
        total = sum(count.values())
        print("\nSAFE TO RETRY  " + ", ".join(f"{count[k]} {k}" for k in ("right", "unknown", "wrong", "dangerous yes")))
        print(f"{count['right'] * 100 // total}% right")
        behind = behind or count["dangerous yes"] > 0
    return behind


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
