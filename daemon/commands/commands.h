#pragma once
// The commands of INTERFACE.md, "Command line", and their exit codes. Each returns its exit code and has said on stderr, in one
// line, what was wrong.
#include <optional>
#include <string>
#include <vector>

namespace culprit {

enum ExitCode { kDone = 0, kIncidentFound = 1, kWrongUsage = 2, kServerUnreachable = 3, kInputUnreadable = 4 };

/// Which share of the work a process does (DESIGN: one node does all; on many nodes matchers and correlators are apart).
enum class Role { all, matcher, correlator };

struct SetupOptions {
    std::string config;
    bool dry_run = false;
};

struct RunOptions {
    std::string config;
    Role role = Role::all;
};

struct CheckOptions {
    std::string config;    // empty: only what is built in, and `patterns`
    std::string patterns;  // a directory of catalogue files
    bool connect = false;
};

struct ScanOptions {
    std::string config;
    bool emit_signals = false;
    bool explain_unmatched = false;  // with emit_signals
    bool ndjson = false;
    std::vector<std::string> labels;  // KEY=VALUE
    std::optional<std::string> log_line_prefix;
    std::string since, until;  // times, or ages
    int fail_on = 0;           // SEVn; 0: never
    std::vector<std::string> paths;
};

struct ExplainOptions {
    std::string config;
    std::string incident;  // an id, or its beginning
};

struct ReportOptions {
    std::string config;
    std::string incident;           // an id, or its beginning
    std::string as = "markdown";    // a template's name without its suffix, or json
    std::string templates;          // a folder of the team's own templates; empty: none
    std::string from;               // a file of documents instead of the signal log; - is stdin; empty: the signal log
    std::vector<std::string> said;  // KEY=VALUE
};

struct ReplayOptions {
    std::string config;
    std::string since;    // a time, or an age; empty: all
    std::string rules;    // a folder of rules in place of the configuration's; empty: those
    std::string against;  // a file of documents, or a configuration (.yaml); empty: print the incidents
    bool ndjson = false;
};

int run(const RunOptions& options);
int scan(const ScanOptions& options);
int check(const CheckOptions& options);
int explain(const ExplainOptions& options);
int report(const ReportOptions& options);
int replay(const ReplayOptions& options);
int setup_elasticsearch(const SetupOptions& options);
int setup_kibana(const SetupOptions& options);
int setup_kafka(const SetupOptions& options);
int version();

/// Says `culprit: message` on stderr and returns `code`.
int fail(int code, const std::string& message);

/// Reads the command line and runs its command.
int command_line(int argc, char** argv);

}  // namespace culprit
