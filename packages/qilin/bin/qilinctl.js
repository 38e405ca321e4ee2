#!/usr/bin/env node
import '../dist/cli/qilinctl.js';
