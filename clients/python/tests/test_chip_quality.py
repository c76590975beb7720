"""Against the service at QUERY_URL, with the lots of the synthetic fab."""

import os
import unittest

from chip_quality import Client, ProblemError

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


if __name__ == "__main__":
    unittest.main()
