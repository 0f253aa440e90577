#pragma once
// The causality table: knowledge of which changes cause which errors, as data (causality.yaml). Immutable once loaded.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/event_time.h"
#include "matchers/signal.h"

namespace culprit {

/// What a rule asks of the objects of symptom and change.
enum class RelationAsked { object, table, unknown, none };

struct CausalityRule {
    std::set<std::string> symptoms, changes, operations;
    std::set<Phase> phases;
    RelationAsked relation = RelationAsked::object;
    bool awaited = false;      // the change is what the errors were waiting for: its cause lies after its effect
    bool sequence = false;     // the story is about a sequence that was left behind
    bool failed = false;       // the story is that the change failed
    bool new_release = false;  // only the first sign of a service's new release: a mere restart changes nothing
    bool may_fail = false;     // the change did its harm whether or not it failed
    bool lasting = false;      // it does harm while it runs, and its own line may come when it is over
    std::optional<Side> side;  // whose line the change must be
    double prior = 0;
    Duration look_back{}, look_ahead{}, half_life{};
    std::string story;
};

struct RemedyRule {
    std::set<std::string> symptoms, changes, operations;
    std::set<RelationAsked> relations;
    bool sequence = false;
    bool may_miss = false;  // it may be aimed at something else: it counts only where the errors ended
};

class Causality {
   public:
    /// Throws std::runtime_error with file, line and what was expected.
    static Causality load(std::string_view file, std::string_view yaml);

    const std::vector<CausalityRule>& rules() const { return rules_; }
    const std::vector<RemedyRule>& remedies() const { return remedies_; }
    /// The weight of a named term. Throws std::out_of_range for a name that the table does not have.
    double weight(const std::string& name) const { return weights_.at(name); }
    /// Does this service's name say that its deployments are runs of migrations?
    bool runs_migrations(std::string_view service) const;
    Duration settle() const { return settle_; }
    /// The score of "none of these", and the factor on scores, from which confidence is computed.
    double none() const { return none_; }
    double sharpness() const { return sharpness_; }
    /// The longest look-back and look-ahead of any rule.
    Duration look_back() const;
    Duration look_ahead() const;

   private:
    std::vector<CausalityRule> rules_;
    std::vector<RemedyRule> remedies_;
    std::map<std::string, double> weights_;
    std::set<std::string> migration_services_;
    Duration settle_{};
    double none_ = 0, sharpness_ = 1;
};

}  // namespace culprit
