/* SPDX-License-Identifier: BSD-2-Clause */
#include <level.h>

/* The image builder looks for it: tools/build_image.py. */
const uint32_t rcoe_level_page = LEVEL;
