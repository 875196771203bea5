#!/usr/bin/env python3
"""Predicted efficiency of data-parallel training on many nodes, as docs/distributed.md states it.

  step(n)     = fixed + examples/n * example + exchange(n)
  exchange(n) = 2 (n-1)/n * 4 weights / bandwidth + rounds (n-1) latency
  efficiency  = (fixed + examples * example) / (n step(n))

The defaults are the figures that the page gives; `hrm bench` and `exchange_bench` measure them elsewhere.
"""
import argparse

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--examples", type=int, default=768, help="of a batch")
parser.add_argument("--cores", type=int, default=32, help="of a node; time falls with their number")
parser.add_argument("--latency", type=float, default=50e-6, help="seconds of one message")
parser.add_argument("--rounds", type=int, default=12, help="messages in a row in a step, per other node")
parser.add_argument("--nodes", type=int, nargs="+", default=[8, 16, 32, 64])
parser.add_argument("--bandwidth", type=float, nargs="+", default=[0.6e9, 1.125e9, 11.25e9], help="bytes per second")
parser.add_argument("--model", nargs=4, action="append", metavar=("NAME", "WEIGHTS", "FIXED", "EXAMPLE"),
                    help="name, number of weights, seconds of one core per step and per example")
args = parser.parse_args()
models = args.model or [("HRM", 27275266, 0.167, 0.510), ("TRM", 6828034, 0.0, 0.695)]

columns = " | ".join(f"{bandwidth / 1e9:.4g} GB/s" for bandwidth in args.bandwidth)
print(f"| model | nodes | examples of a node | computing | {columns} |")
print("|---|---|---|---|" + "---|" * len(args.bandwidth))
for name, weights, fixed, example in models:
    fixed, example = float(fixed) / args.cores, float(example) / args.cores
    for n in args.nodes:
        computing = fixed + args.examples / n * example
        cells = []
        for bandwidth in args.bandwidth:
            exchange = 2 * (n - 1) / n * 4 * int(weights) / bandwidth + args.rounds * (n - 1) * args.latency
            efficiency = (fixed + args.examples * example) / (n * (computing + exchange))
            cells.append(f"{1e3 * exchange:.0f} ms, {100 * efficiency:.0f} %")
        print(f"| {name} | {n} | {args.examples / n:g} | {1e3 * computing:.0f} ms | {' | '.join(cells)} |")
