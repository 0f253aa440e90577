#pragma once
// Changes as people and their tools announce them over HTTP, `{"kind": "deployment", "service": "shop", "release": "2.1.0"}`, as
// records that the catalogue knows (announced_changes.yaml). Pure.
#include <string_view>

#include "daemon/sources/record_bodies.h"

namespace culprit {

/// Objects one after the other, or in an array. Those that name one of culprit's kinds of change are put in a frame by which the
/// catalogue knows them; all others, such as a deployment tool's own events, stay as they are. The Error is for the sender.
Result<BodyRecords> announced_changes_of(std::string_view body);

/// What to send, for an object in which nothing announces a change.
std::string_view announcement_expected();

}  // namespace culprit
