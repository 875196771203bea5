#!/usr/bin/env python3
"""Predicted efficiency of data-parallel training on many nodes, as docs/distributed.md states it.

  step(n)     = fixed + examples/n * example + exchange(n)
  exchange(n) = 2 (n-1)/n * 4 weights / bandwidth + rounds (n-1) latency
  efficiency  = (fixed + examples * example) / (n step(n))

With --overlap the efficiency without and with a perfect overlap: the gradients of LAYERS layers become final one after
the other in the last SHARE of the computing, and all but the last one's can be sent before its end.

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
parser.add_argument("--overlap", action="store_true", help="efficiency without and with a perfect overlap")
parser.add_argument("--model", nargs=6, action="append",
                    metavar=("NAME", "WEIGHTS", "FIXED", "EXAMPLE", "LAYERS", "SHARE"),
                    help="name, number of weights, seconds of one core per step and per example; see above")
args = parser.parse_args()
models = args.model or [("HRM", 27275266, 0.167, 0.510, 8, 4 / 16), ("TRM", 6828034, 0.0, 0.695, 2, 2 / 35)]

columns = " | ".join(f"{bandwidth / 1e9:.4g} GB/s" for bandwidth in args.bandwidth)
print(f"| model | nodes | examples of a node | computing | {columns} |")
print("|---|---|---|---|" + "---|" * len(args.bandwidth))
for name, weights, fixed, example, layers, share in models:
    fixed, example, early = float(fixed) / args.cores, float(example) / args.cores, 1 - 1 / int(layers)
    for n in args.nodes:
        computing = fixed + args.examples / n * example
        cells = []
        for bandwidth in args.bandwidth:
            sending = 2 * (n - 1) / n * 4 * int(weights) / bandwidth
            exchange = sending + args.rounds * (n - 1) * args.latency
            hidden = early * min(float(share) * computing, sending)
            plain, best = (100 * (fixed + args.examples * example) / (n * (computing + exchange - saved))
                           for saved in (0, hidden))
            cells.append(f"{plain:.0f} %, {best:.0f} %" if args.overlap else f"{1e3 * exchange:.0f} ms, {plain:.0f} %")
        print(f"| {name} | {n} | {args.examples / n:g} | {1e3 * computing:.0f} ms | {' | '.join(cells)} |")
