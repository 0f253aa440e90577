#pragma once
// One rule of a playbook as its YAML says it: when it fits, what it says, and its SQL as templates.
//
//   queries: {name: "SQL that several rules ask", other: [alternatives]}
//   rules:
//     - rule: name
//       priority: 70                     # the greatest that fits is taken
//       when: {symptoms: [...], ...}     # Conditions
//       summary, steps, references       # for people; {{name}} stands for what is known (playbook_names.h)
//       verify_sql, fix_sql              # statements: text; {query: name}; {any_of: [...]}; {..., destructive: "what is lost"};
//                                        # {..., prints: true}
//
// A statement is left out when a name in it is unknown. What only a person can know is marked /* FILL IN: ... */.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "matchers/embedded_file.h"

namespace culprit {

/// All of them must hold; an empty one asks nothing. Those about the cause hold for attributed incidents only.
struct Conditions {
    std::set<std::string> symptoms, attributions, trends;
    std::set<std::string> causes;                   // kinds of the event or of the line that did it
    std::set<std::string> operations, phases;       // of the line that did it, of the event
    std::set<std::string> evidence;                 // terms that weigh on it: same_object, key_explicit…
    std::string statement;                          // a word of the cause's statement, in any case
    std::optional<bool> sequence, failed, awaited;  // the story that the cause tells
    std::optional<bool> before;                     // the cause came before the onset
    std::optional<bool> same_keys;                  // the same few keys again and again
    std::string services, hosts;                    // one | several
    std::string users;                              // few | many, of those that the logs name
    std::uint64_t count = 0;                        // at least
    double rate_per_minute = 0;                     // at least
    std::vector<std::string> knows;                 // names that the incident must have
};

struct SqlTemplate {
    std::vector<std::string> alternatives;  // the first of which every name is known
    std::string destructive;                // what is lost by it; empty: nothing
    bool prints = false;                    // it prints the statements to run
};

struct PlaybookRule {
    std::string name;
    int priority = 0;
    Conditions when;
    std::string summary;
    std::vector<std::string> steps, references;
    std::vector<SqlTemplate> verify_sql, fix_sql;
};

/// By priority, then by name. Throws std::runtime_error with file, line and what was expected.
std::vector<PlaybookRule> read_playbooks(std::span<const EmbeddedFile> files);

/// The names that a template asks for, sections left aside: `{{a}} {{#b}}{{c}}{{/b}}` gives a.
std::set<std::string> names_in(const std::string& text);

}  // namespace culprit
