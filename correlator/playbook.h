#pragma once
// The runbooks as data (playbooks/*.yaml): when which diagnosis fits, and its text and SQL with this incident's own names filled
// in. Immutable once loaded.
#include <span>
#include <vector>

#include "correlator/incident.h"
#include "correlator/playbook_rule.h"

namespace culprit {

class Playbooks {
   public:
    /// Throws std::runtime_error with file, line and what was expected.
    static Playbooks load(std::span<const EmbeddedFile> files);

    /// The first rule, by priority, whose conditions all hold; an empty diagnosis when none fits. Requires causes, trend and
    /// attribution to be set. SQL that destroys something begins with a comment that says what.
    Diagnosis diagnose(const Incident& incident) const;

    const std::vector<PlaybookRule>& rules() const { return rules_; }

   private:
    std::vector<PlaybookRule> rules_;
};

}  // namespace culprit
