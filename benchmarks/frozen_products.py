#!/usr/bin/env python3
"""The products of one generated token of SmolLM2-135M in each form that libtorch offers on a CPU.

    benchmarks/frozen_products.py [--rows 1,8,64] [--repeats 3]

One thread; milliseconds of the processor, the least of --repeats, for all weights of the model. Needs Python with
PyTorch. int8 forms take inputs that are quantized already, except linear_dynamic.
"""
import argparse
import time
import warnings

import torch

SHAPES = [(960, 576), (576, 576), (3072, 576), (576, 1536)]  # q k v; output; gate and up; down
LAYERS, OUTPUT = 30, (49152, 576)


def int8(weight):
    scale = weight.abs().amax(1) / 63  # 7 bits and no sum of two products exceeds 16
    return (weight / scale[:, None]).round().to(torch.int8), scale


def per_channel(weight):
    scale = (weight.abs().amax(1) / 127).double()
    zeros = torch.zeros(len(weight), dtype=torch.long)
    return torch.ops.quantized.linear_prepack(torch.quantize_per_channel(weight, scale, zeros, 0, torch.qint8), None)


def forms(rows):
    """Name: what a weight becomes, and its product with x (float32) or u (uint8)."""
    dnn, quantized, onednn = torch.ops.mkldnn, torch.ops.quantized, torch.ops.onednn
    no_bias = lambda x, w: dnn._linear_pointwise(x, w, None, "none", [], "")

    def packed_int8(weight):
        q, scale = int8(weight)
        return onednn.qlinear_prepack(q.contiguous(), [rows, q.shape[1]]), scale, torch.zeros(len(q), dtype=torch.long)

    return {
        "float32, oneDNN": (lambda w: w, lambda x, u, w: no_bias(x, w)),
        "float32, oneDNN, laid out once": (lambda w: dnn._reorder_linear_weight(w, 64), lambda x, u, w: no_bias(x, w)),
        "float32, MKL": (lambda w: w, lambda x, u, w: torch.nn.functional.linear(x, w)),
        "half precision, FBGEMM": (lambda w: quantized.linear_prepack_fp16(w, None),
                                   lambda x, u, w: quantized.linear_dynamic_fp16(x, w)),
        "int8, qlinear_pointwise": (packed_int8, lambda x, u, w: onednn.qlinear_pointwise(
            u, 1.0, 128, w[0], w[1], w[2], None, 1.0, 0, torch.float32, "none", [], "")),
        "int8, linear_dynamic": (per_channel, lambda x, u, w: quantized.linear_dynamic(x, w, True)),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="1,8,64")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    rows = [int(word) for word in options.rows.split(",")]
    found = {}
    for m in rows:
        x = {k: torch.randn(m, k) for k in (576, 1536)}
        u = {k: torch.randint(0, 256, (m, k), dtype=torch.uint8) for k in (576, 1536)}
        for name, (pack, product) in forms(m).items():
            torch.manual_seed(1)
            shapes = SHAPES * LAYERS + [OUTPUT]
            packed = [(shape[1], pack(torch.randn(shape) * 0.05)) for shape in shapes]
            best = float("inf")
            for _ in range(options.repeats + 1):
                begin = time.process_time()
                for k, weight in packed:
                    product(x[k], u[k], weight)
                best = min(best, time.process_time() - begin)
            found.setdefault(name, []).append(best * 1e3)
    print("| form | " + " | ".join(f"{m} rows, ms" for m in rows) + " |")
    print("|---|" + "---:|" * len(rows))
    for name, all_rows in found.items():
        print(f"| {name} | " + " | ".join(f"{ms:.1f}" for ms in all_rows) + " |")


if __name__ == "__main__":
    main()
