"""Against the service at QUERY_URL, with the lots of the synthetic fab."""

import http.server
import json
import os
import tempfile
import threading
import unittest
import urllib.request

from chip_quality import Client, ProblemError

try:
    import duckdb
    import polars
    import pyarrow.ipc
    import pyarrow.parquet
except ImportError:
    duckdb = None
try:
    import pandas
except ImportError:
    pandas = None

client = Client(os.environ["QUERY_URL"])
CHART = {"parameter": "gate_cd", "chart": "xbar_s", "subgroup": "wafer", "product": "MCU-7708", "step": "GATE-CD"}
LOTS = [lot["lot_id"] for lot in client.items("/v1/lots")]


class Answers(unittest.TestCase):
    def test_get_repeats_lists_and_leaves_out_none(self):
        lots = [*LOTS[:2], "none of them"]
        answer = client.get("/v1/yield", group_by="lot", lot_id=lots, site=None, from_="2000-01-01T00:00:00Z")
        self.assertEqual(sorted(group["key"] for group in answer["groups"]), sorted(LOTS[:2]))

    def test_post_sends_json(self):
        answer = client.post("/v1/spc/evaluate", {"chart": "imr", "values": [1, 2, 3]})
        self.assertEqual(len(answer["location"]["points"]), 3)

    def test_items_follow_the_cursor(self):
        ids = [item["id"] for item in client.items("/v1/lots", limit=1)]
        self.assertEqual(len(ids), len(LOTS))
        self.assertEqual(len(set(ids)), len(ids))

    def test_a_problem_names_code_and_parameter(self):
        with self.assertRaises(ProblemError) as caught:
            client.get("/v1/yield", kindd="final")
        self.assertEqual((caught.exception.status, caught.exception.code), (400, "unknown_parameter"))
        self.assertEqual([error["parameter"] for error in caught.exception.errors], ["kindd"])
        self.assertIsNone(caught.exception.retry_after)

    def test_a_path_is_not_a_route(self):
        with self.assertRaises(ProblemError) as caught:
            client.get("/v1/nothing")
        self.assertEqual(caught.exception.code, "route_not_found")

    def test_a_redirect_is_not_followed(self):
        asked = []

        class Elsewhere(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.path, self.headers["Authorization"]))
                self.send_response(302)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                with self.assertRaises(ProblemError) as caught:
                    Client(f"http://127.0.0.1:{server.server_port}", key="secret").get("/v1/yield")
            finally:
                server.shutdown()
        self.assertEqual((caught.exception.status, asked), (302, [("/v1/yield", "Bearer secret")]))

    def test_a_base_url_has_a_scheme(self):
        with self.assertRaises(ValueError):
            Client("localhost:3000")


@unittest.skipIf(pandas is None, "pandas is not installed")
class Frames(unittest.TestCase):
    def test_yield_has_a_row_per_group_and_its_meaning(self):
        frame = client.read_yield(group_by="lot", kind="first_pass")
        self.assertEqual(set(frame["key"]), set(LOTS))
        self.assertEqual(frame["units"].sum(), frame.attrs["totals"]["units"])
        self.assertEqual(frame.attrs["definition_id"], "yield.first_pass/2")
        self.assertGreater(len(frame.attrs["as_of"]["positions"]), 0)

    def test_yield_without_groups_is_its_totals_and_no_data_is_no_row(self):
        self.assertEqual(len(client.read_yield()), 1)
        self.assertEqual(len(client.read_yield(group_by="lot", lot_id="none of them")), 0)

    def test_yield_says_what_top_leaves_out(self):
        frame = client.read_yield(group_by="lot", kind="first_pass", top=1)
        self.assertEqual(len(frame), 1)
        self.assertEqual(frame["units"].sum() + frame.attrs["other"]["units"], frame.attrs["totals"]["units"])

    def test_a_chart_with_samples_left_out_names_the_others(self):
        single = {**CHART, "chart": "imr", "subgroup": 1}
        whole = client.read_spc(**single)
        few = client.read_spc(**single, max_points=10)
        self.assertLess(len(few), len(whole))
        self.assertNotIn("index", few.columns)
        names = ["key", "first_at", "value"]
        rows = [tuple(row) for row in whole[names].itertuples(index=False)]
        for row in few[names].itertuples(index=False):
            self.assertIn(tuple(row), rows)

    def test_a_chart_has_a_row_per_sample(self):
        frame = client.read_spc(**CHART, target=0, sigma=1)
        answer = client.get("/v1/spc", **CHART, target=0, sigma=1)
        self.assertEqual(list(frame["value"]), [point["value"] for point in answer["location"]["points"]])
        self.assertEqual(list(frame["key"]), [sample["key"] for sample in answer["samples"]])
        self.assertTrue(all(rules == ["beyond_limits"] for rules in frame["violations"]))
        self.assertEqual((frame.attrs["sigma"], frame.attrs["definition_id"]), (answer["sigma"], answer["definition_id"]))

    def test_a_wafer_map_becomes_a_grid(self):
        die = next(client.items("/v1/inspections", inspection_type="functional", limit=1))
        frame = client.read_wafer_map(die["lot_id"], die["wafer_id"], inspection_type="functional", value="hard_bin")
        grid = frame.pivot(index="y", columns="x", values="value")
        self.assertEqual(grid.loc[die["die_y"], die["die_x"]], die["hard_bin"])
        self.assertEqual((frame.attrs["wafer_id"], frame.attrs["value"]), (die["wafer_id"], "hard_bin"))


@unittest.skipIf(duckdb is None, "duckdb, polars or pyarrow is not installed")
class TypedExports(unittest.TestCase):
    """Other readers find in a Parquet file and in an Arrow stream what the export as text says, bit by bit."""

    def test_every_row_and_value(self):
        for path in (
            "/v1/export/inspections?lot_id=" + LOTS[0],
            "/v1/export/measurements?name=gate_cd",
            "/v1/export/telemetry?from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&metric_name=pressure&host=hnd-01.fab",
        ):
            with self.subTest(path):
                separator = "&" if "?" in path else "?"
                rows = [json.loads(line) for line in _download(path + separator + "format=ndjson").splitlines()]
                arrow = _download(path + separator + "format=arrow")
                with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
                    file.write(_download(path + separator + "format=parquet"))
                    file.flush()
                    table = duckdb.sql("SET TimeZone = 'UTC'; SELECT * FROM read_parquet(?)", params=[file.name])
                    read = {
                        "duckdb": [dict(zip(table.columns, values)) for values in table.fetchall()],
                        "polars": polars.read_parquet(file.name).to_dicts(),
                        "pyarrow": pyarrow.parquet.read_table(file.name).to_pylist(),
                        "arrow in polars": polars.read_ipc_stream(arrow).to_dicts(),
                        "arrow in pyarrow": pyarrow.ipc.open_stream(arrow).read_all().to_pylist(),
                    }
                self.assertGreater(len(rows), 10)
                expected = sorted(map(_comparable, rows))
                for reader, values in read.items():
                    with self.subTest(reader):
                        self.assertEqual(sorted(map(_comparable, values)), expected)


def _download(path):
    with urllib.request.urlopen(os.environ["QUERY_URL"] + path) as answer:
        return answer.read()


def _comparable(row):
    return json.dumps({name: _plain(name, value) for name, value in row.items()}, sort_keys=True)


def _plain(name, value):
    # Polars and pyarrow hand out the JSON of Parquet as bytes.
    if name in ("metadata", "tags") and isinstance(value, (str, bytes)):
        return json.loads(value)
    if name.endswith("_at") or name == "time":
        # Texts have only the digits that they need.
        return value if value is None else _microseconds(value)
    # JSON writes whole numbers without a fraction.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _microseconds(value):
    from datetime import datetime, timezone

    if isinstance(value, str):
        head, _, fraction = value.rstrip("Z").partition(".")
        value = datetime.fromisoformat(head).replace(microsecond=int(fraction.ljust(6, "0") or 0), tzinfo=timezone.utc)
    return round((value - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds() * 1_000_000)


if __name__ == "__main__":
    unittest.main()
