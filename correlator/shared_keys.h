#pragma once
// Which problems may be one error told from two sides though their names differ: an application that names only the columns
// (Prisma's "Unique constraint failed on the fields: (`email`)"), and the server, which names the constraint over them.
//
// An index of what was added, and nothing else: what it answers is a function of the set. Owned by SymptomGroups.
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "matchers/tally.h"

namespace culprit {

struct ProblemKey;

class SharedKeys {
   public:
    /// The columns that an error is about, sorted: the two sides may list them in any order.
    using Columns = std::vector<std::string>;

    /// What of a tally can be shared: the key's columns, or the one column it names; of an application's only where it names no
    /// constraint. Empty: nothing.
    static Columns columns_of(const Tally& tally);

    /// Problems of one kind and key: those that the server told of, and those that it did not.
    struct Meeting {
        std::set<ProblemKey> named, unnamed;
    };

    void add(const ProblemKey& problem, const Columns& columns, bool by_server);
    /// Takes back an `add` with these arguments.
    void erase(const ProblemKey& problem, const Columns& columns, bool by_server);
    /// Valid until the next change.
    const Meeting& meeting(const std::string& kind, const Columns& columns) const;

   private:
    std::map<std::pair<std::string, Columns>, Meeting> meetings_;
};

}  // namespace culprit
