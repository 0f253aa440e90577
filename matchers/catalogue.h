#pragma once
namespace culprit {
class Catalogue {};
}  // namespace culprit
