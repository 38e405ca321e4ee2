#!/usr/bin/env node
import '../dist/cli/qilin.js';
