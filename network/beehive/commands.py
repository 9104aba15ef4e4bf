"""The newer numbering: key, keyword, message, and who may send it. Dialects v2 and pb.

Source: docs/protocols/beehive-commands.json, 116 rows, and two of ours for nodes. Dialect v1 has
keys of its own (`v1`). An ack of anything we push is taken from a client, also where the seed
only has it the other way.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from parlour.events.messages.beehive import common, group, node, private, push, room
from parlour.events.messages.beehive.packet import Message

Sender = Literal["client", "node", "anybody", "engine"]
CLIENT: Final = "client"
NODE: Final = "node"
ANYBODY: Final = "anybody"
"""Clients and nodes."""
ENGINE: Final = "engine"
"""Only we send it: from a peer it is an unsupported command."""


class Row(NamedTuple):
    """One command."""

    key: int
    keyword: str
    message: type[Message]
    sender: Sender
    """Who may send it to us; whatever has a message may be sent by us."""


_COMMON: Final = (
    Row(0x0101, "ONLINE", common.Online, CLIENT),
    Row(0x0102, "ONLINE-ACK", common.OnlineAck, ENGINE),
    Row(0x0103, "OFFLINE", common.Offline, CLIENT),
    Row(0x0104, "OFFLINE-ACK", common.OfflineAck, ENGINE),
    Row(0x0105, "PING", common.Ping, ANYBODY),
    Row(0x0106, "PONG", common.Pong, ENGINE),
    Row(0x0107, "SUB", common.Sub, CLIENT),
    Row(0x0108, "SUB-ACK", common.SubAck, ENGINE),
    Row(0x0109, "UNSUB", common.Unsub, CLIENT),
    Row(0x010A, "UNSUB-ACK", common.UnsubAck, ENGINE),
    Row(0x010B, "ERROR", common.Error, ENGINE),
    Row(0x010C, "ERROR-ACK", common.ErrorAck, ANYBODY),
    Row(0x010D, "SYNC", common.Sync, CLIENT),
    Row(0x010E, "SYNC-ACK", common.SyncAck, ENGINE),
    Row(0x0110, "KICK", common.Kick, ENGINE),
    Row(0x0111, "KICK-ACK", common.KickAck, ANYBODY),
    Row(0x0150, "ONLINE-NTF", common.OnlineNtf, ENGINE),
    Row(0x0151, "ONLINE-NTF-ACK", common.OnlineNtfAck, CLIENT),
    Row(0x0152, "OFFLINE-NTF", common.OfflineNtf, ENGINE),
    Row(0x0153, "OFFLINE-NTF-ACK", common.OfflineNtfAck, CLIENT),
)
_PRIVATE: Final = (
    Row(0x0201, "CHAT", private.Chat, CLIENT),
    Row(0x0202, "CHAT-ACK", private.ChatAck, CLIENT),
    Row(0x0203, "FRIEND-ADD", private.FriendAdd, CLIENT),
    Row(0x0204, "FRIEND-ADD-ACK", private.FriendAddAck, CLIENT),
    Row(0x0205, "FRIEND-DEL", private.FriendDel, CLIENT),
    Row(0x0206, "FRIEND-DEL-ACK", private.FriendDelAck, CLIENT),
    Row(0x0207, "BLACKLIST-ADD", private.BlacklistAdd, CLIENT),
    Row(0x0208, "BLACKLIST-ADD-ACK", private.BlacklistAddAck, ENGINE),
    Row(0x0209, "BLACKLIST-DEL", private.BlacklistDel, CLIENT),
    Row(0x020A, "BLACKLIST-DEL-ACK", private.BlacklistDelAck, ENGINE),
    Row(0x020B, "GAG-ADD", private.GagAdd, CLIENT),
    Row(0x020C, "GAG-ADD-ACK", private.GagAddAck, ENGINE),
    Row(0x020D, "GAG-DEL", private.GagDel, CLIENT),
    Row(0x020E, "GAG-DEL-ACK", private.GagDelAck, ENGINE),
    Row(0x0210, "MARK-ADD", private.MarkAdd, CLIENT),
    Row(0x0211, "MARK-ADD-ACK", private.MarkAddAck, ENGINE),
    Row(0x0212, "MARK-DEL", private.MarkDel, CLIENT),
    Row(0x0213, "MARK-DEL-ACK", private.MarkDelAck, ENGINE),
)
_GROUP: Final = (
    Row(0x0301, "GROUP-CREAT", group.GroupCreat, CLIENT),
    Row(0x0302, "GROUP-CREAT-ACK", group.GroupCreatAck, ENGINE),
    Row(0x0303, "GROUP-DIMISS", group.GroupDimiss, CLIENT),
    Row(0x0304, "GROUP-DIMISS-ACK", group.GroupDimissAck, ENGINE),
    Row(0x0305, "GROUP-JOIN", group.GroupJoin, CLIENT),
    Row(0x0306, "GROUP-JOIN-ACK", group.GroupJoinAck, ENGINE),
    Row(0x0307, "GROUP-QUIT", group.GroupQuit, CLIENT),
    Row(0x0308, "GROUP-QUIT-ACK", group.GroupQuitAck, ENGINE),
    Row(0x0309, "GROUP-INVITE", group.GroupInvite, CLIENT),
    Row(0x030A, "GROUP-INVITE-ACK", group.GroupInviteAck, ENGINE),
    Row(0x030B, "GROUP-CHAT", group.GroupChat, CLIENT),
    Row(0x030C, "GROUP-CHAT-ACK", group.GroupChatAck, CLIENT),
    Row(0x030D, "GROUP-KICK", group.GroupKick, CLIENT),
    Row(0x030E, "GROUP-KICK-ACK", group.GroupKickAck, ENGINE),
    Row(0x0310, "GROUP-GAG-ADD", group.GroupGagAdd, CLIENT),
    Row(0x0311, "GROUP-GAG-ADD-ACK", group.GroupGagAddAck, ENGINE),
    Row(0x0312, "GROUP-GAG-DEL", group.GroupGagDel, CLIENT),
    Row(0x0313, "GROUP-GAG-DEL-ACK", group.GroupGagDelAck, ENGINE),
    Row(0x0314, "GROUP-BL-ADD", group.GroupBlAdd, CLIENT),
    Row(0x0315, "GROUP-BL-ADD-ACK", group.GroupBlAddAck, ENGINE),
    Row(0x0316, "GROUP-BL-DEL", group.GroupBlDel, CLIENT),
    Row(0x0317, "GROUP-BL-DEL-ACK", group.GroupBlDelAck, ENGINE),
    Row(0x0318, "GROUP-MGR-ADD", group.GroupMgrAdd, CLIENT),
    Row(0x0319, "GROUP-MGR-ADD-ACK", group.GroupMgrAddAck, ENGINE),
    Row(0x031A, "GROUP-MGR-DEL", group.GroupMgrDel, CLIENT),
    Row(0x031B, "GROUP-MGR-DEL-ACK", group.GroupMgrDelAck, ENGINE),
    Row(0x031C, "GROUP-USR-LIST", group.GroupUsrList, CLIENT),
    Row(0x031D, "GROUP-USR-LIST-ACK", group.GroupUsrListAck, ENGINE),
    Row(0x0350, "GROUP-JOIN-NTF", group.GroupJoinNtf, ENGINE),
    Row(0x0351, "GROUP-JOIN-NTF-ACK", group.GroupJoinNtfAck, CLIENT),
    Row(0x0352, "GROUP-QUIT-NTF", group.GroupQuitNtf, ENGINE),
    Row(0x0353, "GROUP-QUIT-NTF-ACK", group.GroupQuitNtfAck, CLIENT),
    Row(0x0354, "GROUP-KICK-NTF", group.GroupKickNtf, ENGINE),
    Row(0x0355, "GROUP-KICK-NTF-ACK", group.GroupKickNtfAck, CLIENT),
    Row(0x0356, "GROUP-GAG-ADD-NTF", group.GroupGagAddNtf, ENGINE),
    Row(0x0357, "GROUP-GAG-ADD-NTF-ACK", group.GroupGagAddNtfAck, CLIENT),
    Row(0x0358, "GROUP-GAG-DEL-NTF", group.GroupGagDelNtf, ENGINE),
    Row(0x0359, "GROUP-GAG-DEL-NTF-ACK", group.GroupGagDelNtfAck, CLIENT),
    Row(0x0360, "GROUP-BL-ADD-NTF", group.GroupBlAddNtf, ENGINE),
    Row(0x0361, "GROUP-BL-ADD-NTF-ACK", group.GroupBlAddNtfAck, CLIENT),
    Row(0x0362, "GROUP-BL-DEL-NTF", group.GroupBlDelNtf, ENGINE),
    Row(0x0363, "GROUP-BL-DEL-NTF-ACK", group.GroupBlDelNtfAck, CLIENT),
    Row(0x0364, "GROUP-MGR-ADD-NTF", group.GroupMgrAddNtf, ENGINE),
    Row(0x0365, "GROUP-MGR-ADD-NTF-ACK", group.GroupMgrAddNtfAck, CLIENT),
    Row(0x0366, "GROUP-MGR-DEL-NTF", group.GroupMgrDelNtf, ENGINE),
    Row(0x0367, "GROUP-MGR-DEL-NTF-ACK", group.GroupMgrDelNtfAck, CLIENT),
)
_ROOM: Final = (
    Row(0x0401, "ROOM-CREAT", room.RoomCreat, CLIENT),
    Row(0x0402, "ROOM-CREAT-ACK", room.RoomCreatAck, ENGINE),
    Row(0x0403, "ROOM-DISMISS", room.RoomDismiss, CLIENT),
    Row(0x0404, "ROOM-DISMISS-ACK", room.RoomDismissAck, ENGINE),
    Row(0x0405, "ROOM-JOIN", room.RoomJoin, CLIENT),
    Row(0x0406, "ROOM-JOIN-ACK", room.RoomJoinAck, ENGINE),
    Row(0x0407, "ROOM-QUIT", room.RoomQuit, CLIENT),
    Row(0x0408, "ROOM-QUIT-ACK", room.RoomQuitAck, ENGINE),
    Row(0x0409, "ROOM-KICK", room.RoomKick, CLIENT),
    Row(0x040A, "ROOM-KICK-ACK", room.RoomKickAck, CLIENT),
    Row(0x040B, "ROOM-CHAT", room.RoomChat, CLIENT),
    Row(0x040C, "ROOM-CHAT-ACK", room.RoomChatAck, CLIENT),
    Row(0x040D, "ROOM-BC", room.RoomBc, ENGINE),
    Row(0x040E, "ROOM-BC-ACK", room.RoomBcAck, CLIENT),
    Row(0x0410, "ROOM-USR-NUM", room.RoomUsrNum, ENGINE),
    Row(0x0411, "ROOM-USR-NUM-ACK", room.RoomUsrNumAck, CLIENT),
    Row(0x0412, "ROOM-LSN-STAT", room.RoomLsnStat, NODE),
    Row(0x0413, "ROOM-LSN-STAT-ACK", room.RoomLsnStatAck, CLIENT),
    Row(0x0450, "ROOM-JOIN-NTF", room.RoomJoinNtf, ENGINE),
    Row(0x0451, "ROOM-JOIN-NTF-ACK", room.RoomJoinNtfAck, CLIENT),
    Row(0x0452, "ROOM-QUIT-NTF", room.RoomQuitNtf, ENGINE),
    Row(0x0453, "ROOM-QUIT-NTF-ACK", room.RoomQuitNtfAck, CLIENT),
    Row(0x0454, "ROOM-KICK-NTF", room.RoomKickNtf, ENGINE),
    Row(0x0455, "ROOM-KICK-NTF-ACK", room.RoomKickNtfAck, CLIENT),
)
_PUSH: Final = (
    Row(0x0501, "BC", push.Bc, CLIENT),
    Row(0x0502, "BC-ACK", push.BcAck, CLIENT),
    Row(0x0503, "P2P", push.P2P, CLIENT),
    Row(0x0504, "P2P-ACK", push.P2PAck, CLIENT),
)
_NODE: Final = (
    Row(0x0601, "LSND-INFO", node.LsndInfo, NODE),
    Row(0x0602, "LSND-INFO-ACK", node.LsndInfoAck, ENGINE),
    Row(0x0603, "FRWD-INFO", node.FrwdInfo, NODE),
    Row(0x0604, "FRWD-INFO-ACK", node.FrwdInfoAck, ENGINE),
    Row(0x06F1, "NODE-AUTH", node.NodeAuth, NODE),
    Row(0x06F2, "NODE-AUTH-ACK", node.NodeAuthAck, ENGINE),
)

ROWS: Final[tuple[Row, ...]] = (*_COMMON, *_PRIVATE, *_GROUP, *_ROOM, *_PUSH, *_NODE)
KEYS: Final[dict[type[Message], int]] = {row.message: row.key for row in ROWS}


def heard_from(sender: Sender) -> dict[int, type[Message]]:
    """Return what a client, or a node, may say: messages by key."""
    return {row.key: row.message for row in ROWS if row.sender in (sender, ANYBODY)}
