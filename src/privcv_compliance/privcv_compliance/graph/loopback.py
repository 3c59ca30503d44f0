# SPDX-License-Identifier: Apache-2.0
"""How a command joins the graph of this machine: on the loopback interface, without shared memory.

Call ``join_loopback`` before the first import of rclpy. Where the environment names a profile of
Fast DDS already, as it does inside the graph, that one is used.
"""

import os
from importlib.metadata import version
from pathlib import Path

_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<dds xmlns="http://www.eprosima.com">
  <profiles>
    <transport_descriptors>
      <transport_descriptor>
        <transport_id>loopback</transport_id>
        <type>UDPv4</type>
        <interfaceWhiteList><address>127.0.0.1</address></interfaceWhiteList>
      </transport_descriptor>
    </transport_descriptors>
    <participant profile_name="loopback" is_default_profile="true">
      <rtps>
        <userTransports><transport_id>loopback</transport_id></userTransports>
        <useBuiltinTransports>false</useBuiltinTransports>
      </rtps>
    </participant>
  </profiles>
</dds>
"""


def join_loopback(folder: Path) -> None:
    """Set this process's environment so that it meets the graph and nobody else meets it.

    ``folder``: where the profile lies for as long as the process runs.
    """
    # LOCALHOST would add the shared-memory transport beside the profile's own.
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "SUBNET"
    fast_dds_3 = int(version("rclpy").split(".")[0]) >= 9
    name = "FASTDDS_DEFAULT_PROFILES_FILE" if fast_dds_3 else "FASTRTPS_DEFAULT_PROFILES_FILE"
    if name not in os.environ:
        profile = folder / "loopback.xml"
        profile.write_text(_PROFILE, encoding="utf-8")
        os.environ[name] = str(profile)
