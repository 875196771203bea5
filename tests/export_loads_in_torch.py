#!/usr/bin/env python3
"""Does the authors' own way of loading read what `hrm convert --to authors` writes?

    python tests/export_loads_in_torch.py --hrm build/release/bin/hrm [--shared ../shared]

Needs Python with torch and PyYAML. HRM and HRM_SHARED in the environment are the defaults. Every published checkpoint under SHARED/fixtures/reasoning and every
golden case of testdata/golden is converted to a model file and from there to the authors' folder; torch.load with
weights_only=True must then give the same keys in the same order, shapes, types and values, and all_config.yaml the
keys of the published files and the puzzles' length. Prints one line per check; exit code 1 where one fails, 77 where there is nothing to check.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import torch
    import yaml
except ImportError as missing:
    print(f"skipped: {missing.name} for Python is not installed")
    sys.exit(77)

SOURCE = pathlib.Path(__file__).resolve().parent.parent
PREFIX = "_orig_mod."


class Check:
    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, what, held, detail=""):
        self.passed += bool(held)
        self.failed += not held
        print(f"{'ok  ' if held else 'FAIL'} {what}{'' if held else ': ' + str(detail)}")


def load_file(path):
    """The tensors of a safetensors file of float32 and int32."""
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    types = {"F32": torch.float32, "I32": torch.int32}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        body = torch.frombuffer(data, dtype=torch.uint8, offset=8 + size)[begin:end].clone()
        tensors[name] = body.view(types[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def keys_of(tree, prefix=""):
    keys = set()
    for key, value in tree.items():
        keys.add(prefix + key)
        if isinstance(value, dict):
            keys |= keys_of(value, f"{prefix}{key}.")
    return keys


def load(path):
    return torch.load(path, map_location="cpu", weights_only=True)


def compare(check, name, ours, theirs):
    check(f"{name}: keys", list(ours) == list(theirs), set(ours) ^ set(theirs))
    for what, of in (("shapes", lambda t: tuple(t.shape)), ("types", lambda t: t.dtype)):
        differing = [k for k in theirs if k in ours and of(ours[k]) != of(theirs[k])]
        check(f"{name}: {what}", not differing, differing)
    differing = [k for k in theirs if k in ours and not torch.equal(ours[k], theirs[k].to(ours[k].dtype))]
    check(f"{name}: values", not differing, differing)


def export(hrm, source, folder, settings):
    model, out = folder / "model.safetensors", folder / "exported"
    subprocess.run([hrm, "convert", source, model, *settings], check=True)
    subprocess.run([hrm, "convert", model, out, "--to", "authors", "--step", "12"], check=True)
    return load(out / "step_12"), yaml.safe_load((out / "all_config.yaml").read_text())


def check_published(check, hrm, folder):
    with tempfile.TemporaryDirectory() as out:
        ours, config = export(hrm, folder / "step_12", pathlib.Path(out), ["data.seq_len=16"])
        compare(check, folder.name, ours, load(folder / "step_12"))
        published = yaml.safe_load((folder / "all_config.yaml").read_text())
        check(f"{folder.name}: length", config.pop("seq_len", None) == 16)  # our one addition, which they ignore
        check(f"{folder.name}: all_config.yaml", config == published, keys_of(config) ^ keys_of(published))


# The final weights of a golden case, handed over as a bare state dict with the settings that shapes cannot tell.
def check_golden(check, hrm, case, published):
    tensors = {k.removeprefix("final."): v for k, v in load_file(case).items() if k.startswith("final.")}
    config = json.loads(case.with_suffix(".json").read_text())["config"]
    names = ("H_cycles", "L_cycles", "num_heads", "pos_encodings", "halt_max_steps", "halt_exploration_prob",
             "forward_dtype", "puzzle_emb_len")
    settings = [f"arch.{name}={config[name]}" for name in names if name in config] + [f"data.seq_len={config['seq_len']}"]
    with tempfile.TemporaryDirectory() as out:
        source = pathlib.Path(out) / "state_dict.pt"
        torch.save({PREFIX + k: v for k, v in tensors.items()}, source)
        ours, exported = export(hrm, source, pathlib.Path(out), settings)
    expected = {PREFIX + k: v for k, v in tensors.items()}
    compare(check, case.stem, {k: ours[k] for k in sorted(ours)}, {k: expected[k] for k in sorted(expected)})
    arch = {k: v for k, v in exported["arch"].items() if k in config}
    check(f"{case.stem}: settings", arch == {k: config[k] for k in arch}, arch)
    check(f"{case.stem}: length", exported.pop("seq_len", None) == config["seq_len"])
    kind = "published_trm" if "no_ACT_continue" in exported["arch"] else "published_hrm"
    if kind in published:
        check(f"{case.stem}: all_config.yaml keys", keys_of(exported) == published[kind], keys_of(exported) ^ published[kind])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hrm", default=os.environ.get("HRM", "build/release/bin/hrm"), help="the program")
    parser.add_argument("--shared", type=pathlib.Path, default=os.environ.get("HRM_SHARED", SOURCE / ".." / "shared"))
    args = parser.parse_args()

    check = Check()
    folders = sorted(p.parent for p in args.shared.glob("fixtures/reasoning/published_*/all_config.yaml"))
    published = {f.name: keys_of(yaml.safe_load((f / "all_config.yaml").read_text())) for f in folders}
    for folder in folders:
        check_published(check, args.hrm, folder)
    for case in sorted((SOURCE / "testdata/golden").glob("*.safetensors")):
        check_golden(check, args.hrm, case, published)
    print(f"{check.passed} checks passed, {check.failed} failed")
    return 1 if check.failed else 0 if check.passed else 77


if __name__ == "__main__":
    sys.exit(main())
