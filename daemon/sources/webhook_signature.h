#pragma once
// Is a webhook really from its sender? Each of these signs the body's bytes with a secret that both sides know. Pure.
#include <string_view>

namespace culprit {

struct WebhookSignature {
    std::string_view sender, header;
    std::string_view prefix;  // before the digest's hexadecimal digits
    bool sha1;                // else SHA-256
};

/// How `sender` signs; null for one that does not.
const WebhookSignature* signature_of(std::string_view sender);

/// Compared in constant time. `given`: the header's value.
bool signed_with(const WebhookSignature& signature, std::string_view given, std::string_view body, std::string_view secret);

}  // namespace culprit
