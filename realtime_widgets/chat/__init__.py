"""What chats know: messages, rooms, who types and who has read, from events in any order. Pure."""
