# SPDX-License-Identifier: Apache-2.0
from setuptools import setup

setup()  # what the package is stands in setup.cfg
