#pragma once
// Links from an incident to where its logs, errors and dashboards are: configuration key `http.links`. Pure.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/web/settings.h"

namespace culprit {

/// What an address may name in braces: `https://grafana/explore?service={service}&from={from_ms}`. `from` and `to` are RFC 3339,
/// from a quarter of an hour before the first error to five minutes after the last; `from_ms` and `to_ms` the same as numbers.
inline constexpr std::string_view kLinkNames =
    "id, environment, service, database, schema, table, constraint, kind, release, from, to, from_ms, to_ms";

/// What is wrong with an address; nothing when it is well.
std::optional<std::string> link_problem(std::string_view address);

/// The address with the incident's own values, percent-encoded; nothing when it names one that the incident does not have.
std::optional<std::string> link_to(const std::string& address, const nlohmann::json& document);

}  // namespace culprit
