#pragma once
// Decides what a receiver of alerts (Alertmanager, a webhook) is told of which incident, and when. Pure: the clock is the
// caller's. Not thread-safe.
//
// A receiver hears of an incident when it opens, when something changes that a person would act on (its severity, its cause,
// whether it is over), and when it is resolved. A revision that only counts more errors is quiet. What was told is durable
// (outbox.h): after a restart, when every incident is offered again, nobody is paged twice.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "correlator/correlator.h"
#include "matchers/event_time.h"

namespace culprit {

struct AlertRules {
    int least_severity = 3;  // SEV1 … SEVn are told of
    Duration hold =
        std::chrono::seconds{30};  // before an incident is told of: its cause and its group may come. SEV1 is not held
    Duration repeat{};             // what is firing is told again after this long; zero: never
    Duration newest = std::chrono::minutes{30};  // errors older than this open no alert: history pages nobody
    std::size_t limit = 10'000;                  // incidents kept here
};

enum class AlertEvent {
    opened,
    joined,     // it opened, but another incident of its group is firing already: nothing to page anybody for
    escalated,  // its severity is worse than what was told
    updated,
    repeated,
    resolved,
};
std::string_view to_string(AlertEvent event);

/// What a receiver was told last of an incident. Durable.
struct Told {
    std::string incident = {};
    std::uint64_t sequence = 0;  // counts what it was told of this incident, from 1
    AlertEvent event = AlertEvent::opened;
    bool delivered = false;  // false: written down before it was sent, and nobody knows whether it arrived
    std::map<std::string, std::string> labels = {};  // stable over the incident's life but for `severity`, which only gets worse
    std::string substance = {};                      // what a person would act on
    EventTime at{};

    bool firing() const { return event != AlertEvent::resolved; }
};

/// Something to tell now.
struct Notice {
    Told told;                                                          // what will have been told
    std::optional<std::map<std::string, std::string>> replaced_labels;  // of an escalation: those that no longer fire
    std::string document;

    /// The same however often it is sent.
    std::string key() const { return told.incident + "-" + std::to_string(told.sequence); }
};

class AlertDesk {
   public:
    AlertDesk(AlertRules rules, std::vector<Told> told);

    /// Keeps the newest revision. Beyond the limit an incident that nobody was told of is turned away; false then.
    bool offer(const IncidentDocument& document, EventTime now);

    /// What is to be told now, ordered by incident. The same again until `delivered` is said.
    std::vector<Notice> due(EventTime now);

    void delivered(const Notice& notice);

    /// Forgets what was resolved before `before`.
    void forget(EventTime before);

    std::size_t size() const { return incidents_.size(); }

   private:
    struct View {
        std::string status, severity, group, substance;
        std::map<std::string, std::string> labels;
        EventTime last_seen{}, silenced_until{};
        bool maintenance = false;
    };
    struct Incident {
        std::string document;
        EventTime first_offered{};
        std::optional<View> view;  // read from the document when it is first asked for
        bool idle = false;         // nothing will be due before the next revision
    };
    static View read(const std::string& document);
    std::optional<Notice> decide(const std::string& id, Incident& incident, EventTime now);
    static Notice notice(AlertEvent event, const std::string& id, const Incident& incident, const Told* before, EventTime now);
    void let_one_page(std::vector<Notice>& notices) const;
    const Told* leader_of(const std::string& id, const std::string& group) const;

    const AlertRules rules_;
    std::map<std::string, Incident> incidents_;
    std::map<std::string, Told> told_;
};

}  // namespace culprit
