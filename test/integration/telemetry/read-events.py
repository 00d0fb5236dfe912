"""Reads a folder of event files as TensorBoard's server does, and prints every scalar as JSON.

Values are JSON texts of their own, since JSON proper has no NaN.
"""

import json
import sys

from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.util import tensor_util


def main(folder):
    accumulator = plugin_event_accumulator.EventAccumulator(
        folder, size_guidance={plugin_event_accumulator.TENSORS: 0}
    )
    accumulator.Reload()
    scalars = [
        {
            "tag": tag,
            "step": event.step,
            "wallTime": event.wall_time,
            "value": json.dumps(float(tensor_util.make_ndarray(event.tensor_proto))),
        }
        for tag in accumulator.PluginTagToContent("scalars")
        for event in accumulator.Tensors(tag)
    ]
    descriptions = {
        tag: accumulator.SummaryMetadata(tag).summary_description
        for tag in accumulator.PluginTagToContent("scalars")
    }
    version = accumulator.file_version
    print(json.dumps({"scalars": scalars, "descriptions": descriptions, "version": version}))


main(sys.argv[1])
