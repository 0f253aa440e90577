#pragma once
// The data file that the server complains of, when all it knows is a path below its data folder.
#include <string>
#include <string_view>

namespace culprit {

/// `base/5/16390`, `pg_tblspc/16400/PG_15_202209061/5/16390.1`, in a message of any language; empty when there is none.
/// PostgreSQL makes these paths of its own numbers: no value of anybody's is in them.
std::string data_file_in(std::string_view message);

}  // namespace culprit
