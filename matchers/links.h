#pragma once
// Where more is to be read of what a record tells: the commit, the pull request, the issue, the run. Pure.
#include <string_view>
#include <vector>

#include "matchers/pattern.h"
#include "matchers/signal.h"

namespace culprit {

/// Of a pattern's captures `link_commit`, `link_pull_request`, `link_issue`, `link_run`, `link_deployment`; and of
/// `repository_url` with `commit_sha` the commit's. Only addresses of http and https, without their query, their fragment and a
/// user: those could hold values. At most 500 bytes each.
std::vector<Link> links_of(const Captures& captures);

}  // namespace culprit
