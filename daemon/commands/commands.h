#pragma once
// The commands of INTERFACE.md, "Command line", and their exit codes. Each returns its exit code and has said on stderr, in one
// line, what was wrong.
#include <optional>
#include <string>
#include <vector>

namespace culprit {

enum ExitCode { kDone = 0, kIncidentFound = 1, kWrongUsage = 2, kServerUnreachable = 3, kInputUnreadable = 4 };

struct RunOptions {
    std::string config;
};

struct CheckOptions {
    std::string config;    // empty: only what is built in, and `patterns`
    std::string patterns;  // a directory of catalogue files
    bool connect = false;
};

struct ScanOptions {
    std::string config;
    bool emit_signals = false;
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

int run(const RunOptions& options);
int scan(const ScanOptions& options);
int check(const CheckOptions& options);
int explain(const ExplainOptions& options);
int version();

/// Says `culprit: message` on stderr and returns `code`.
int fail(int code, const std::string& message);

/// Reads the command line and runs its command.
int command_line(int argc, char** argv);

}  // namespace culprit
