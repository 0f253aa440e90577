#pragma once
// The runbooks as data (playbooks/*.yaml): when which diagnosis fits, and its text and SQL with this incident's own names filled
// in.
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "correlator/incident.h"
#include "matchers/embedded_file.h"

namespace culprit {

class Playbooks {
   public:
    /// Throws std::runtime_error with file, line and what was expected.
    static Playbooks load(std::span<const EmbeddedFile> files);

    /// The first rule, by priority, whose conditions all hold. Requires causes, trend and attribution to be set.
    Diagnosis diagnose(const Incident& incident) const;

   private:
    struct Rule {
        std::string name;
        int priority = 0;  // greatest first
        std::set<std::string> symptoms, causes, operations, attributions, trends;
        std::optional<bool> sequence, failed, awaited;  // the story that the first cause tells
        bool needs_table = false, needs_key = false;
        std::string summary;
        std::vector<std::string> steps, verify_sql, fix_sql, references;
    };
    static bool fits(const Rule& rule, const Incident& incident);
    std::vector<Rule> rules_;
};

/// `"name"`, with inner quotes doubled: names come from hostile logs.
std::string quote_identifier(const std::string& name);
/// `'text'`, with inner quotes doubled.
std::string quote_literal(const std::string& text);

}  // namespace culprit
