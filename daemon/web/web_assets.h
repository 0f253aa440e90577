#pragma once
// What pages load besides themselves: the style sheets and the script, embedded at build time. Nothing comes from another host.
//
// An asset's address holds a hash of its content, so that browsers keep it for good and a new version is a new address.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/embedded_file.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_web_templates();  // cmake/embed.cmake, from web/templates/
std::span<const EmbeddedFile> embedded_web_assets();     // from web/assets/ and Debian's libjs-bootstrap5

struct WebAsset {
    std::string address;  // `/assets/bootstrap.min.0123456789abcdef.css`
    std::string_view content_type, content;
};

/// All of them, by name.
const std::vector<WebAsset>& web_assets();
/// Nothing when there is none of this name, or its content was another one then.
const WebAsset* find_asset(std::string_view address);
/// The address of `culprit.js`. Throws std::logic_error for what is not embedded.
const std::string& asset_address(std::string_view name);
/// A template's text. Throws std::logic_error for what is not embedded.
std::string_view page_template(std::string_view name);

}  // namespace culprit
