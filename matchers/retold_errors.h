#pragma once
// One error of one process, told by several records: Hibernate logs the server's words, the application what it was doing, Tomcat
// the exception that nobody caught. They are one symptom, at the first of them, with all objects that any of them names.
//
// Whether two records tell of one error is decided from the two and from how many records and how much time lie between them,
// never from batches. An error waits, and holds its matcher's cut back, while another record may still tell of it. One thread.
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "matchers/catalogue.h"
#include "matchers/record.h"
#include "matchers/signal.h"
#include "matchers/text_search.h"

namespace culprit {

/// Who tells of an error, and from within what.
struct Voice {
    std::string name;       // a narrator's id, else the logger's name; empty where the record has none
    bool narrator = false;  // tells what the application tells too (`narrators:` in the catalogue)
    std::string execution;  // the request, trace or thread that the record names
};

/// `memo`, of heads alone, makes it quicker and changes nothing.
Voice voice_of(const Record& record, const Catalogue& catalogue, MatchMemo* memo = nullptr);

/// Adds to `first` what only `later` knows: objects, the key, the statement, the user.
void add_telling(Signal& first, const Signal& later);

class RetoldErrors {
   public:
    /// How long after the first record another one may tell of the same error: frameworks take milliseconds, and a clock that
    /// shows seconds hides nearly one. In records of the partition too.
    static Duration pause_after(EventTime first);
    static constexpr std::uint64_t kRecords = 2'000;
    /// Errors of one kind in one stream that wait at once; a newer one ends the oldest's wait.
    static constexpr std::size_t kWaiting = 32;

    /// The record of this sequence passed, and all before it; `time` is its record time.
    void pass(std::uint64_t sequence, std::optional<EventTime> time);
    /// The trigger of the earlier error that this one tells again; else the error waits from now on, unless it could never be
    /// told again. `time` is the record time of its entry, `stream` where it lies.
    std::optional<std::uint64_t> tell(std::uint64_t trigger, std::optional<EventTime> time, const std::string& stream,
                                      const Voice& voice, const Signal& symptom);
    /// Entries that begin below this sequence have all been told: what can no longer be told again stops waiting.
    void settle(std::uint64_t told_below);
    void clear();

    bool waiting() const { return !waiting_.empty(); }
    /// The trigger of the oldest error that still waits.
    std::optional<std::uint64_t> oldest() const;
    std::optional<EventTime> oldest_time() const;

   private:
    struct Error {
        std::uint64_t trigger = 0;
        std::optional<EventTime> time;
        std::optional<std::uint64_t> sealed;  // from this sequence on no record tells of it
        std::string key;
        std::vector<std::string> voices;
        bool narrated = false;
        std::string execution;
        Signal known;  // what is_retold asks for: time, scope, objects, key
    };
    bool is_retold(const Error& error, const Voice& voice, const Signal& symptom) const;

    void seal(Error& error, std::uint64_t sequence);

    std::map<std::uint64_t, Error> waiting_;            // by trigger; what follows points into it
    std::map<std::string, std::deque<Error*>> by_key_;  // one kind in one stream, in the order they were told
    std::set<std::pair<EventTime, std::uint64_t>>
        unsealed_by_time_;  // those with a time: the last at which they may be told again
    std::set<std::uint64_t> unsealed_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> sealed_;  // the sequence from which on, and the trigger
};

}  // namespace culprit
