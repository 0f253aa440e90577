#include <CLI/CLI.hpp>
#include <iostream>

#include "daemon/commands/commands.h"

namespace culprit {

int fail(int code, const std::string& message) {
    std::string line = message;
    for (char& c : line) {
        if (c == '\n' || c == '\r') c = ' ';
    }
    std::cerr << "culprit: " << line << std::endl;
    return code;
}

int command_line(int argc, char** argv) {
    CLI::App app("Recognises database errors in logs and names the change that caused them.", "culprit");
    app.require_subcommand(1);

    RunOptions run_options;
    std::string role = "all";
    auto* run_command = app.add_subcommand("run", "The daemon: reads its sources until SIGTERM");
    run_command->add_option("--config", run_options.config, "The configuration file")->required();
    run_command->add_option("--role", role, "all; with the signal log in Kafka also matcher or correlator alone")
        ->check(CLI::IsMember({"all", "matcher", "correlator"}));

    ScanOptions scan_options;
    std::string emit = "incidents", format = "text", prefix, fail_on;
    auto* scan_command =
        app.add_subcommand("scan", "One pass over files, folders, .gz, .zst or - for stdin; no store, no server");
    scan_command->add_option("--config", scan_options.config,
                             "A configuration file, for labels, services, redaction, catalogues");
    scan_command->add_option("--emit", emit, "What to print")->check(CLI::IsMember({"incidents", "signals"}));
    scan_command->add_flag("--explain-unmatched", scan_options.explain_unmatched,
                           "With --emit signals: which entries looked like errors and gave none, and why");
    scan_command->add_option("--format", format, "How to print it")->check(CLI::IsMember({"text", "ndjson"}));
    scan_command
        ->add_option("--label", scan_options.labels, "KEY=VALUE for every record that does not say it itself; may be repeated")
        ->allow_extra_args(false);
    auto* prefix_option = scan_command->add_option("--log-line-prefix", prefix, "PostgreSQL's log_line_prefix");
    scan_command->add_option("--since", scan_options.since, "Signals from this time on (2026-02-01T02:00Z, or an age: 2h)");
    scan_command->add_option("--until", scan_options.until, "Signals before this time");
    scan_command->add_option("--fail-on", fail_on, "Exit with 1 when an open incident is this severe or worse")
        ->check(CLI::IsMember({"SEV1", "SEV2", "SEV3", "SEV4"}));
    scan_command->add_option("paths", scan_options.paths, "Files, folders, globs, or -")->required()->type_name("PATH");

    CheckOptions check_options;
    auto* check_command = app.add_subcommand("check", "Validates configuration, catalogues with their examples, and playbooks");
    check_command->add_option("--config", check_options.config, "The configuration file");
    check_command->add_option("--patterns", check_options.patterns, "A directory of catalogue files to validate as well");
    check_command->add_flag("--connect", check_options.connect, "Ask the configured servers, too");

    ExplainOptions explain_options;
    explain_options.config = "/etc/culprit/culprit.yaml";
    auto* explain_command = app.add_subcommand("explain", "An incident's candidates side by side, their evidence term by term");
    explain_command->add_option("incident", explain_options.incident, "The incident's id, or its beginning")
        ->required()
        ->type_name("INCIDENT");
    explain_command->add_option("--config", explain_options.config,
                                "The daemon's configuration file, which names its signal log");

    ReportOptions report_options;
    report_options.config = "/etc/culprit/culprit.yaml";
    auto* report_command =
        app.add_subcommand("report", "The messages to send about an incident, and its post-incident report, filled in");
    report_command->add_option("incident", report_options.incident, "The incident's id, or its beginning")
        ->required()
        ->type_name("INCIDENT");
    report_command->add_option(
        "--as", report_options.as,
        "markdown, slack-initial, slack-update, slack-resolved, status-page, json, or a template of your own");
    report_command->add_option("--config", report_options.config, "The daemon's configuration file, which names its signal log");
    report_command->add_option("--from", report_options.from, "Documents that scan --format ndjson printed, instead; - is stdin");
    report_command->add_option("--templates", report_options.templates,
                               "A folder of mustache templates that replace the built-in ones");
    report_command
        ->add_option("--set", report_options.said,
                     "KEY=VALUE that only people know: business_impact, functionality, next_update, eta, actions, resolution, "
                     "root_cause, data_impact, data_integrity, review, team; may be repeated")
        ->allow_extra_args(false);

    ReplayOptions replay_options;
    std::string replay_format = "text";
    replay_options.config = "/etc/culprit/culprit.yaml";
    auto* replay_command =
        app.add_subcommand("replay", "Folds the stored signal log again, by this program's rules, and shows what would differ");
    replay_command->add_option("--config", replay_options.config, "The configuration to try, which names the signal log");
    replay_command->add_option("--rules", replay_options.rules,
                               "A folder of rules to try: causality.yaml, severity.yaml, warnings.yaml, playbooks/NAME.yaml");
    replay_command->add_option("--since", replay_options.since,
                               "Incidents last seen from this time on (2026-02-01T02:00Z, or an age: 2h)");
    replay_command->add_option(
        "--against", replay_options.against,
        "What to compare with: documents that replay or scan --format ndjson printed or a file sink wrote, "
        "or another configuration (*.yaml)");
    replay_command->add_option("--format", replay_format, "How to print it")->check(CLI::IsMember({"text", "ndjson"}));

    SetupOptions setup_options;
    std::string target;
    auto* setup_command = app.add_subcommand("setup", "Installs in other servers what they need to show and alert on incidents");
    setup_command
        ->add_option(
            "target", target,
            "elasticsearch: index templates, deletion by age; kibana: data views, dashboards, alerting rules; kafka: creates "
            "culprit's own topics, or checks those that exist")
        ->required()
        ->check(CLI::IsMember({"elasticsearch", "kibana", "kafka"}));
    setup_command->add_option("--config", setup_options.config, "The daemon's configuration file")->required();
    setup_command->add_flag("--dry-run", setup_options.dry_run, "Print what would be sent, and send nothing");

    auto* version_command = app.add_subcommand("version", "Prints version, commit and library versions");

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) {  // --help
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        return fail(kWrongUsage, std::string(error.what()) + "; see culprit --help");
    }
    run_options.role = role == "matcher" ? Role::matcher : role == "correlator" ? Role::correlator : Role::all;
    if (run_command->parsed()) return run(run_options);
    if (check_command->parsed()) return check(check_options);
    if (explain_command->parsed()) return explain(explain_options);
    if (report_command->parsed()) return report(report_options);
    replay_options.ndjson = replay_format == "ndjson";
    if (replay_command->parsed()) return replay(replay_options);
    if (setup_command->parsed())
        return target == "kafka"    ? setup_kafka(setup_options)
               : target == "kibana" ? setup_kibana(setup_options)
                                    : setup_elasticsearch(setup_options);
    if (version_command->parsed()) return version();
    scan_options.emit_signals = emit == "signals";
    scan_options.ndjson = format == "ndjson";
    if (prefix_option->count() > 0) scan_options.log_line_prefix = prefix;
    if (!fail_on.empty()) scan_options.fail_on = fail_on.back() - '0';
    return scan(scan_options);
}

}  // namespace culprit
