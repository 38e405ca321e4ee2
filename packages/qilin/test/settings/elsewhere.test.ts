/** docs/from-gunicorn.md and docs/from-pm2.md: that each setting of those is there, or has its row, and that the rows name what there is. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fileNames, SETTING_NAMES } from '../../src/settings/names.ts';

const page = (name: string) => readFileSync(new URL(`../../../../docs/${name}.md`, import.meta.url), 'utf8');

/** Of Gunicorn 26.1. */
const GUNICORN = `config wsgi_app bind backlog workers worker_class threads worker_connections max_requests max_requests_jitter timeout
  graceful_timeout keepalive limit_request_line limit_request_fields limit_request_field_size reload reload_engine reload_extra_files spew
  check_config print_config preload_app sendfile reuse_port chdir daemon raw_env pidfile worker_tmp_dir user group umask initgroups
  tmp_upload_dir secure_scheme_headers forwarded_allow_ips accesslog disable_redirect_access_to_syslog access_log_format errorlog loglevel
  capture_output logger_class logconfig logconfig_dict logconfig_json syslog_addr syslog syslog_prefix syslog_facility
  enable_stdio_inheritance statsd_host dogstatsd_tags statsd_prefix enable_backlog_metric proc_name default_proc_name pythonpath paste
  on_starting on_reload when_ready pre_fork post_fork post_worker_init worker_int worker_abort pre_exec pre_request post_request child_exit
  worker_exit nworkers_changed on_exit ssl_context proxy_protocol proxy_allow_ips protocol uwsgi_allow_ips keyfile certfile ssl_version
  cert_reqs ca_certs suppress_ragged_eofs do_handshake_on_connect ciphers http_protocols http2_cleartext http2_max_concurrent_streams
  http2_initial_window_size http2_max_frame_size http2_max_header_list_size raw_paste_global_conf permit_obsolete_folding
  strip_header_spaces permit_unconventional_http_method permit_unconventional_http_version casefold_http_method forwarder_headers header_map
  asgi_loop asgi_lifespan asgi_disconnect_grace_period http_parser root_path dirty_apps dirty_workers dirty_timeout dirty_threads
  dirty_graceful_timeout on_dirty_starting dirty_post_fork dirty_worker_init dirty_worker_exit control_socket control_socket_mode
  control_socket_disable`;

/** Of an app in an ecosystem file: PM2 6. */
const PM2 = `name script cwd args interpreter interpreter_args node_args exec_mode instances instance_var increment_var watch ignore_watch
  watch_options max_memory_restart env filter_env source_map_support out_file error_file log_file combine_logs merge_logs log_date_format
  time log_type disable_logs pid_file min_uptime max_restarts restart_delay exp_backoff_restart_delay autorestart stop_exit_codes
  cron_restart kill_timeout listen_timeout wait_ready shutdown_with_message treekill uid gid namespace vizion post_update force`;

const words = (text: string): readonly string[] => text.trim().split(/\s+/);
const files = new Set<string>(SETTING_NAMES.flatMap((name) => fileNames(name)));

test('each setting of Gunicorn is one here, or has a row that says what there is instead', () => {
  const text = page('from-gunicorn');
  expect(words(GUNICORN).filter((name) => !files.has(name) && !text.includes(`\`${name}\``))).toEqual([]);
  const [, table = ''] = text.split('## Settings that are none here');
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const none = rows.flatMap((row) =>
    [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  );
  expect(none.filter((name) => files.has(name))).toEqual([]);
});

test('each key of an ecosystem file of PM2 has a row', () => {
  const text = page('from-pm2');
  expect(words(PM2).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test.each(['from-gunicorn', 'from-pm2'])('%s names settings that there are', (name) => {
  const rows = page(name)
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) => [...(row.split(' | ')[1] ?? '').matchAll(/`([a-z]+[A-Z]\w+)(?:`|:)/g)]);
  const unknown = named.map(([, word = '']) => word).filter((word) => !files.has(word) && word !== 'onShutdown');
  expect(named.length).toBeGreaterThan(10);
  expect(unknown).toEqual([]);
});
