# SPDX-License-Identifier: Apache-2.0
"""What is kept on the device: under which keys, for how long, and whether something leaks."""
