#!/usr/bin/env node
import '../dist/cli/flask.js';
