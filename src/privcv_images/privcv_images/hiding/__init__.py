# SPDX-License-Identifier: Apache-2.0
"""What is to be hidden in a recording: people, followed both ways in time, and what names them."""
