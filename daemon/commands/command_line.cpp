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
    run_command->add_option("--role", role, "all (this version runs every role in one process)")->check(CLI::IsMember({"all"}));

    ScanOptions scan_options;
    std::string emit = "incidents", format = "text", prefix, fail_on;
    auto* scan_command =
        app.add_subcommand("scan", "One pass over files, folders, .gz, .zst or - for stdin; no store, no server");
    scan_command->add_option("--config", scan_options.config,
                             "A configuration file, for labels, services, redaction, catalogues");
    scan_command->add_option("--emit", emit, "What to print")->check(CLI::IsMember({"incidents", "signals"}));
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

    auto* version_command = app.add_subcommand("version", "Prints version, commit and library versions");

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) {  // --help
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        return fail(kWrongUsage, std::string(error.what()) + "; see culprit --help");
    }
    if (run_command->parsed()) return run(run_options);
    if (check_command->parsed()) return check(check_options);
    if (explain_command->parsed()) return explain(explain_options);
    if (version_command->parsed()) return version();
    scan_options.emit_signals = emit == "signals";
    scan_options.ndjson = format == "ndjson";
    if (prefix_option->count() > 0) scan_options.log_line_prefix = prefix;
    if (!fail_on.empty()) scan_options.fail_on = fail_on.back() - '0';
    return scan(scan_options);
}

}  // namespace culprit
