"""Holds a generation's published ranks against their manifests and the API.

Reads nothing but Parquet, JSON and HTTP, as docs/files.md and docs/http.md describe them:
the ranks sum to 1, the numbers of rows and the checksums are those of the manifests, and
the API's highest ranks are those of the files. Exit code 1 if anything is not so.
"""

import argparse
import hashlib
import json
import os
import sys
import urllib.request

import duckdb

TOP = 20
CLOSE = 1e-9  # relative; sums of ten million doubles in another order differ by less


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--data", default="./freshrank-data", help="data folder, of this machine (%(default)s)")
    args.add_argument("--api", default="http://127.0.0.1:8080", help="base URL of the API (%(default)s)")
    args = args.parse_args()
    status = ask(args.api + "/v1/status")
    if not status["ready"]:
        sys.exit("the API has no generation yet")
    check = Check(args.data, status["generation"])
    check.counts()
    check.ranks()
    check.api(args.api, status)
    sys.exit(1 if check.faults else 0)


class Check:
    def __init__(self, data, generation):
        self.db, self.faults, self.generation = duckdb.connect(), 0, generation
        self.graph = Folder(os.path.join(data, "graph", str(generation)))
        self.rank = Folder(os.path.join(data, "ranks", str(generation)))
        print(f"DuckDB {duckdb.__version__}, generation {generation} of {data}")

    def say(self, ok, text):
        self.faults += not ok
        print(("ok      " if ok else "FAILED  ") + text)

    def one(self, sql):
        return self.db.execute(sql).fetchone()

    def counts(self):
        """Rows and checksums are those that the manifests state."""
        for table, folder, want in (
            ("pages", self.graph, self.graph.manifest["pages"]),
            ("links", self.graph, self.graph.manifest["links"]),
            ("edits", self.graph, self.graph.manifest["edits"]),
            ("ranks", self.rank, self.rank.manifest["rows"]),
        ):
            (rows,) = self.one(f"SELECT count(*) FROM {folder.table(table)}")
            intact = folder.intact(table)
            self.say(rows == want and intact, f"{rows} {table}, manifest {want}; checksum " + ("as stated" if intact else "another"))

    def ranks(self):
        """What is served is x + residual over the sum that the certificate states."""
        c = self.rank.manifest["certificate"]
        self.sum = c["sum"] + c["plus"] - c["minus"]
        rows, distinct, total, least = self.one(f"""
            SELECT count(*), count(DISTINCT key), sum((x + residual) / {self.sum!r}), min(x + residual)
            FROM {self.rank.table("ranks")}""")
        self.say(abs(total - 1) <= CLOSE, f"sum of rank {total:.12f}")
        self.say(rows == distinct == c["pages"], f"{distinct} pages with a rank, certificate {c['pages']}")
        self.say(least >= (1 - c["damping"]) * (1 - CLOSE), f"least x {least:.6g}, damping {c['damping']}")

    def api(self, api, status):
        """The API's highest ranks are the files', as long as no event has come after the cut."""
        after = sum(status["offsets"]["applied"]) - sum(self.rank.manifest["cut"])
        if after:
            print(f"SKIPPED: top {TOP} not compared: the answers include {after} records after the generation's cut")
            return
        want = self.db.execute(f"""
            SELECT p.url, (r.x + r.residual) / {self.sum!r} AS rank
            FROM {self.rank.table("ranks")} r JOIN {self.graph.table("pages")} p USING (key)
            ORDER BY rank DESC, key LIMIT {TOP}""").fetchall()
        top = ask(f"{api}/v1/top?limit={TOP}")["items"]
        same = len(top) == len(want) and all(
            a["generation"] == self.generation and a["url"] == url and abs(a["rank"] - rank) <= CLOSE * rank
            for a, (url, rank) in zip(top, want))
        self.say(same, f"top {len(want)} as the API's; first {want[0][0]} with {want[0][1]:.6g}")
        if not same:
            for a, w in zip(top, want):
                print("       ", a["url"], a["rank"], "files:", *w)


class Folder:
    """A folder of Parquet files with a manifest."""

    def __init__(self, path):
        self.path = path
        with open(os.path.join(path, "manifest.json"), encoding="utf-8") as f:
            self.manifest = json.load(f)["manifest"]

    def files(self, table):
        return [f for f in self.manifest["files"] if f["name"].startswith(table + "-")]

    def table(self, table):
        names = [os.path.join(self.path, f["name"]).replace("'", "''") for f in self.files(table)]
        return "read_parquet([" + ", ".join(f"'{n}'" for n in names) + "])"

    def intact(self, table):
        for f in self.files(table):
            digest = hashlib.sha256()
            with open(os.path.join(self.path, f["name"]), "rb") as content:
                while block := content.read(1 << 20):
                    digest.update(block)
            if digest.hexdigest() != f["sha256"]:
                return False
        return True


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return json.load(answer)
    except OSError as e:
        sys.exit(f"{url}: {e}")


if __name__ == "__main__":
    main()
